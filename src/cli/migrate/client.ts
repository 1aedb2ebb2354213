import { MAKE_A_CLIENT } from './client-uses.js'
import type { Changes } from './edits.js'
import { endOf, indentOf, lineBreakOf, type Statement } from './imports.js'
import { BACKEND_PACKAGE } from './module-names.js'
import { functionAround } from './option-literals.js'
import { OF_CLIENT } from './option-names.js'
import type { Registration } from './registration.js'
import {
  identifiersOf,
  keyOf,
  nameOf,
  nodeIn,
  nodesIn,
  type Source,
  type SyntaxNode,
  stringOf,
  withoutType
} from './syntax.js'

// `@clerk/fastify` puts a client of Clerk's Backend API on each request, and exports one. Here the application makes its own.

export interface ClientRequest {
  readonly statements: readonly Statement[]
  readonly registrations: readonly Registration[]
  readonly uses: readonly SyntaxNode[]
  /** Options for clients that went from literals other than the argument of a registration. */
  readonly lost: readonly SyntaxNode[]
  /** What the file calls `clerkClient` of `@clerk/fastify`; null: it does not import that. */
  readonly imported: string | null
}

/** Makes the client where it is wanted. Returns the statement that has to import `createClerkClient`; null: none. */
export function changeClient(source: Source, request: ClientRequest, changes: Changes): Statement | null {
  const { statements, uses, imported } = request
  const name = imported ?? 'clerkClient'
  if (imported === null && uses.length === 0) return null
  const create = createClientName(source, statements)
  const first = statements.find((statement) => !statement.isType)
  const [use] = uses
  if (use !== undefined && imported === null && identifiersOf(source, name).length > 0) {
    changes.refuse(use, `${name} is a name of this file already: make a client by createClerkClient and use it here`)
    return null
  }
  if (create === null || first === undefined) {
    const place = use ?? statements[0]?.node
    if (place !== undefined) changes.refuse(place, NO_PLACE)
    return null
  }
  for (const node of uses) changes.replace(node, name)
  if (imported !== null) {
    if (use !== undefined) joinClients(source, use, name, request, changes)
    const options = optionsOf(source, null, OF_MODULE, lineBreakOf(source.text))
    const needs = withFunctions(source, [...identifiersOf(source, name), ...uses])
    makeAfterImports(source, first, `const ${name} = ${create.local}(${options})`, needs, changes)
  } else if (use !== undefined)
    makeAfterRegistration(source, use, request, (options) => `const ${name} = ${create.local}(${options})`, changes)
  return create.isThere ? null : first
}

/** The client on requests becomes the imported one, unless the registration says or may say another key or address. */
function joinClients(
  source: Source,
  use: SyntaxNode,
  name: string,
  { registrations }: ClientRequest,
  changes: Changes
): void {
  const other = registrations.find(({ options }) => options !== null && !isAsEnvironment(source, options))
  if (other === undefined) changes.note(use, `the client is now ${name}, without the options of the registration`)
  else
    changes.refuse(
      use,
      `the client would be ${name}, which has the keys of the environment, and not those of line ${other.call.loc.start.line}: ${MAKE_A_CLIENT}`
    )
}

/** Whether no option names a key or an address, unless by the variable that the imported client reads. */
function isAsEnvironment(source: Source, options: SyntaxNode): boolean {
  if (options.type !== 'ObjectExpression') return false
  return nodesIn(options, 'properties').every((property) => {
    const name = keyOf(property)
    if (name === null) return false
    const value = withoutType(nodeIn(property, 'value') ?? property)
    return !NAMES.has(name) || source.text.slice(value.start, value.end) === OF_REQUESTS[name]
  })
}

const NO_PLACE =
  'there is no place for a client in this file: make one by createClerkClient of @clerk/backend and use it here'

function createClientName(
  source: Source,
  statements: readonly Statement[]
): { local: string; isThere: boolean } | null {
  const taken = statements.flatMap((statement) => statement.taken).find(({ name }) => name === 'createClerkClient')
  if (taken !== undefined) return { local: taken.local, isThere: true }
  for (const node of source.nodes) {
    if (node.type !== 'ImportDeclaration' || stringOf(nodeIn(node, 'source') ?? node) !== BACKEND_PACKAGE) continue
    const specifier = nodesIn(node, 'specifiers').find(
      (each) => nameOf(nodeIn(each, 'imported')) === 'createClerkClient'
    )
    const local = specifier === undefined ? null : nameOf(nodeIn(specifier, 'local'))
    if (local !== null) return { local, isThere: true }
  }
  return identifiersOf(source, 'createClerkClient').length > 0 ? null : { local: 'createClerkClient', isThere: false }
}

/** Behind the last import, or the last before the statement that needs the client first. */
function makeAfterImports(
  source: Source,
  first: Statement,
  statement: string,
  needs: readonly SyntaxNode[],
  changes: Changes
): void {
  const lineBreak = lineBreakOf(source.text)
  const made = statement + endOf(source, first.node)
  const body = nodesIn(source.nodes[0] ?? first.node, 'body')
  const needing = first.form === 'import' ? body.find((each) => needsClient(each, needs)) : undefined
  const imports = body.filter(({ type }) => type === 'ImportDeclaration')
  const before = imports.filter(({ end }) => needing === undefined || end <= needing.start)
  const place = first.form === 'import' ? before.at(-1) : first.node
  if (place !== undefined) changes.insert(place.end, lineBreak + lineBreak + made)
  else changes.insert((needing ?? first.node).start, made + lineBreak + lineBreak)
}

const NOT_RUN = new Set(['ImportDeclaration', 'FunctionDeclaration'])

function needsClient(statement: SyntaxNode, needs: readonly SyntaxNode[]): boolean {
  if (NOT_RUN.has(statement.type) || NOT_RUN.has(nodeIn(statement, 'declaration')?.type ?? '')) return false
  return needs.some(({ start, end }) => start >= statement.start && end <= statement.end)
}

/** These nodes, and the names of the functions that they are in: a call of one needs them too. */
function withFunctions(source: Source, nodes: readonly SyntaxNode[]): readonly SyntaxNode[] {
  const all = new Set(nodes)
  for (const node of all) {
    for (let around = functionAround(source, node); around !== null; around = functionAround(source, around)) {
      const name = around.type === 'FunctionDeclaration' ? nameOf(nodeIn(around, 'id')) : null
      if (name !== null) for (const identifier of identifiersOf(source, name)) all.add(identifier)
    }
  }
  return [...all]
}

function makeAfterRegistration(
  source: Source,
  use: SyntaxNode,
  { registrations, uses, lost }: ClientRequest,
  write: (options: string) => string,
  changes: Changes
): void {
  const [registration, more] = registrations
  if (registration === undefined || more !== undefined) {
    changes.refuse(use, NO_PLACE)
    return
  }
  const statement = statementOf(source, registration.call)
  const block = statement === null ? null : source.parentOf(statement)
  if (
    statement === null ||
    block === null ||
    !uses.every(({ start, end }) => start > statement.end && end < block.end)
  ) {
    changes.refuse(use, NO_PLACE)
    return
  }
  const begin = lineBreakOf(source.text) + indentOf(source.text, statement.start)
  const options = registrationOptions(source, registration, begin, changes)
  for (const property of isWritten(registration) ? [] : lost)
    changes.refuse(property, `${keyOf(property)} goes, and the client would be without it: ${MAKE_A_CLIENT} first`)
  changes.insert(statement.end, begin + write(options) + endOf(source, statement))
}

/** Whether every option stands in the call. */
function isWritten({ options }: Registration): boolean {
  if (options === null) return true
  return (
    options.type === 'ObjectExpression' &&
    nodesIn(options, 'properties').every((property) => property.type !== 'SpreadElement')
  )
}

/** The statement that the call is, in a block; null where it is a part of something else. */
function statementOf(source: Source, call: SyntaxNode): SyntaxNode | null {
  for (let node: SyntaxNode | null = call; node !== null; node = source.parentOf(node)) {
    const parent = source.parentOf(node)
    if (node.type === 'ExpressionStatement')
      return parent?.type === 'BlockStatement' || parent?.type === 'Program' ? node : null
    if (FUNCTION.test(node.type)) return null
  }
  return null
}

const FUNCTION = /Function|Method|Class/

/** What the client is made with, as the plugin is: its options, and the environment. */
function registrationOptions(source: Source, { options }: Registration, begin: string, changes: Changes): string {
  if (options === null || options.type === 'ObjectExpression') return optionsOf(source, options, OF_REQUESTS, begin)
  const text = source.text.slice(options.start, options.end)
  changes.note(
    options,
    `the client is made with ${text} alone: give createClerkClient the keys, or CLERK_API_VERSION, that are in the environment`
  )
  return text
}

type Members = Readonly<Record<string, string>>

/** What both clients of `@clerk/fastify` have from the environment; the one on requests, where no option says so. */
const OF_BOTH: Members = {
  secretKey: 'process.env.CLERK_SECRET_KEY',
  machineSecretKey: 'process.env.CLERK_MACHINE_SECRET_KEY',
  jwtKey: 'process.env.CLERK_JWT_KEY',
  // An empty text would make paths without a version.
  apiVersion: 'process.env.CLERK_API_VERSION || undefined'
}

/** Without CLERK_API_URL: the client on requests takes no notice of it, so its secret key must not go there. */
const OF_REQUESTS: Members = { ...OF_BOTH, publishableKey: 'process.env.CLERK_PUBLISHABLE_KEY' }

/** The exported client. With a publishable key it would collect telemetry. An empty text is no URL. */
const OF_MODULE: Members = { ...OF_BOTH, apiUrl: 'process.env.CLERK_API_URL || undefined' }

const NAMES = new Set([...Object.keys(OF_REQUESTS), ...Object.keys(OF_MODULE)])

const TAKEN_OVER = new Set([...NAMES, ...OF_CLIENT])

/** The options that the client has too, as they are written, behind the `members` that they do not name. `begin` begins a line. */
function optionsOf(source: Source, options: SyntaxNode | null, members: Members, begin: string): string {
  const given = (options === null ? [] : nodesIn(options, 'properties')).filter(
    (property) => property.type === 'SpreadElement' || TAKEN_OVER.has(keyOf(property) ?? '')
  )
  const named = new Set(given.map(keyOf))
  const parts = [
    ...Object.entries(members).flatMap(([name, value]) => (named.has(name) ? [] : [`${name}: ${value}`])),
    ...given.map(({ start, end }) => source.text.slice(start, end))
  ]
  return `{${parts.map((part) => `${begin}  ${part}`).join(',')}${begin}}`
}
