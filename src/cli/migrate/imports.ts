import type { Changes } from './edits.js'
import {
  BACKEND_PACKAGE,
  destinationOf,
  moduleHint,
  NEW_PACKAGE,
  OLD_PACKAGE,
  PROXY_MODULE,
  PROXY_PLUGIN
} from './module-names.js'
import { identifiersOf, nameOf, nodeIn, nodesIn, type Source, type SyntaxNode, stringOf } from './syntax.js'

/** A name of the module, and what the file calls it. */
interface Taken {
  readonly node: SyntaxNode
  readonly name: string
  readonly local: string
  readonly isType: boolean
}

/** An import or a `require` of names: `import { … } from` or `const { … } = require()`. */
export interface Statement {
  readonly node: SyntaxNode
  readonly form: 'import' | 'require'
  /** `import type`. */
  readonly isType: boolean
  /** `const`, `let` or `var`. */
  readonly kind: string
  readonly taken: readonly Taken[]
}

/** The imports of the module, and refusals of every mention that is none. */
export function readStatements(source: Source, changes: Changes): readonly Statement[] {
  const understood = new Set<SyntaxNode>()
  const statements: Statement[] = []
  for (const node of source.nodes) {
    const statement = readImport(node) ?? readRequire(source, node)
    if (statement === null) continue
    understood.add(statement.module)
    statements.push(statement)
  }
  for (const node of source.nodes) {
    const text = stringOf(node)
    if (text === null || understood.has(node) || changeModuleOfTypes(source, node, text, changes)) continue
    if (text === OLD_PACKAGE || text.startsWith(`${OLD_PACKAGE}/`)) changes.refuse(node, moduleHint(text))
  }
  for (const { node } of statements) {
    if (source.comments.some(({ start, end }) => start > node.start && end < node.end)) {
      changes.refuse(node, 'there is a comment among the imported names, which would be lost: move it first')
    }
  }
  return statements
}

/** Modules whose names are those of another package, and the names that are not. */
const MOVED: Readonly<Record<string, { readonly to: string; readonly except: string }>> = {
  [`${OLD_PACKAGE}/webhooks`]: { to: `${BACKEND_PACKAGE}/webhooks`, except: 'verifyWebhook' },
  [`${OLD_PACKAGE}/types`]: { to: '@clerk/shared/types', except: 'ClerkFastifyOptions' }
}

/** Imports of types alone, and exports of them, take them from where `@clerk/fastify` has them. False: it is none of these. */
function changeModuleOfTypes(source: Source, module: SyntaxNode, text: string, changes: Changes): boolean {
  const moved = Object.hasOwn(MOVED, text) ? MOVED[text] : undefined
  const statement = source.parentOf(module)
  if (moved === undefined || statement === null) return false
  const specifiers = nodesIn(statement, 'specifiers')
  const isOfTypes = (statement.importKind ?? statement.exportKind) === 'type'
  const areTypes = isOfTypes || specifiers.every(({ importKind, exportKind }) => (importKind ?? exportKind) === 'type')
  if (!areTypes || specifiers.length === 0) return false
  const names = specifiers.map((specifier) => nameOf(nodeIn(specifier, 'imported') ?? nodeIn(specifier, 'local')))
  if (names.some((name) => name === null || name === moved.except)) return false
  const quote = source.text.charAt(module.start)
  changes.replace(module, quote + moved.to + quote)
  changes.note(module, `these types come from ${moved.to}, which has to be among the dependencies`)
  return true
}

type Read = Statement & { readonly module: SyntaxNode }

function readImport(node: SyntaxNode): Read | null {
  if (node.type !== 'ImportDeclaration') return null
  const module = nodeIn(node, 'source')
  const specifiers = nodesIn(node, 'specifiers')
  if (module === null || stringOf(module) !== OLD_PACKAGE || specifiers.length === 0) return null
  const taken = specifiers.map((specifier) => take(specifier, 'imported', 'local', specifier.importKind === 'type'))
  if (specifiers.some(({ type }) => type !== 'ImportSpecifier') || !areAllRead(taken)) return null
  return { node, module, form: 'import', isType: node.importKind === 'type', kind: '', taken }
}

function readRequire(source: Source, node: SyntaxNode): Read | null {
  if (node.type !== 'VariableDeclarator') return null
  const call = nodeIn(node, 'init', 'CallExpression')
  const pattern = nodeIn(node, 'id', 'ObjectPattern')
  const declaration = source.parentOf(node)
  if (call === null || pattern === null || declaration === null) return null
  const [module] = nodesIn(call, 'arguments')
  if (nameOf(nodeIn(call, 'callee', 'Identifier')) !== 'require' || module === undefined) return null
  if (stringOf(module) !== OLD_PACKAGE || nodesIn(declaration, 'declarations').length !== 1) return null
  const properties = nodesIn(pattern, 'properties')
  const taken = properties.map((property) =>
    property.computed === true ? null : take(property, 'key', 'value', false)
  )
  if (properties.length === 0 || !areAllRead(taken)) return null
  return { node: declaration, module, form: 'require', isType: false, kind: String(declaration.kind), taken }
}

function take(node: SyntaxNode, outer: string, inner: string, isType: boolean): Taken | null {
  const name = nameOf(nodeIn(node, outer))
  const local = nameOf(nodeIn(node, inner, 'Identifier'))
  return name === null || local === null ? null : { node, name, local, isType }
}

function areAllRead(taken: readonly (Taken | null)[]): taken is readonly Taken[] {
  return !taken.includes(null)
}

/** Names of the file whose use changes; null: the file does not have it. */
export interface Names {
  readonly plugin: Rename | null
  /** `ClerkFastifyOptions`. */
  readonly optionsType: Rename | null
  /** What the file calls `clerkClient`. */
  readonly client: string | null
}

export interface Rename {
  readonly local: string
  readonly renamed: string
}

/** What the statements bring, and what it will be called. */
export function namesIn(source: Source, statements: readonly Statement[], changes: Changes): Names {
  const all = statements.flatMap((statement) => statement.taken.map((taken) => ({ ...taken, statement })))
  const locals = (to: 'plugin' | 'client') => all.filter(({ name }) => destinationOf(name).to === to)
  for (const { node, name, isType, statement } of all) {
    const destination = destinationOf(name)
    if (destination.to === 'nowhere') changes.refuse(node, `${name}: ${destination.message}`)
    if (destination.to === 'plugin' && (isType || statement.isType)) {
      changes.refuse(node, `${name} is imported as a type, which is not understood`)
    }
  }
  for (const { node, name } of [...locals('plugin').slice(1), ...locals('client').slice(1)]) {
    changes.refuse(node, `${name} is imported twice`)
  }
  const [plugin] = locals('plugin')
  return {
    plugin: plugin === undefined ? null : renamed(source, plugin.local, 'clerkPlugin', 'clerkAuth'),
    client: locals('client')[0]?.local ?? null,
    optionsType: renamedType(source, all)
  }
}

function renamedType(source: Source, all: readonly Taken[]): Rename | null {
  const found = all.find(({ name }) => name === 'ClerkFastifyOptions')
  return found === undefined ? null : renamed(source, found.local, 'ClerkFastifyOptions', 'ClerkAuthOptions')
}

/** A name of the file's own stays; the module's changes, unless the file uses the new one for something else. */
function renamed(source: Source, local: string, old: string, next: string): Rename {
  return { local, renamed: local === old && identifiersOf(source, next).length === 0 ? next : local }
}

/**
 * Writes the statements anew. `renames`: new names by old. `withCreateClient`: the statement that brings `createClerkClient`
 * too.
 */
export function rewriteStatements(
  source: Source,
  statements: readonly Statement[],
  renames: ReadonlyMap<string, string>,
  withCreateClient: Statement | null,
  changes: Changes
): void {
  for (const statement of statements) {
    const { node } = statement
    const lines = [
      writeBackend(source, statement, statement === withCreateClient),
      writeHere(source, statement, renames),
      changes.needsProxy && takesPlugin(statement) ? writeProxy(source, statement) : null
    ].filter((line) => line !== null)
    const end = endOf(source, node)
    const between = lineBreakOf(source.text) + indentOf(source.text, node.start)
    changes.replace(node, lines.map((line) => line + end).join(between))
  }
}

/** `;` where the file ends statements with it. */
export function endOf({ text }: Source, statement: SyntaxNode): string {
  return text.slice(statement.start, statement.end).endsWith(';') ? ';' : ''
}

function writeBackend(source: Source, statement: Statement, withCreateClient: boolean): string | null {
  const names = statement.taken
    .filter(({ name }) => destinationOf(name).to === 'backend')
    .map(({ name, local, isType }) => writeName(statement.form, name, local, isType))
  if (withCreateClient) names.push('createClerkClient')
  return names.length === 0 ? null : writeStatement(source, statement, null, names, BACKEND_PACKAGE)
}

function writeHere(source: Source, statement: Statement, renames: ReadonlyMap<string, string>): string | null {
  const names: string[] = []
  let standard: string | null = null
  for (const { name, local, isType } of statement.taken) {
    const destination = destinationOf(name)
    const next = renames.get(local) ?? local
    if (destination.to === 'here') names.push(writeName(statement.form, destination.name, next, isType))
    if (destination.to !== 'plugin') continue
    if (statement.form === 'require') names.unshift(writeName('require', 'clerkAuth', next, false))
    else standard = next
  }
  return names.length === 0 && standard === null
    ? null
    : writeStatement(source, statement, standard, names, NEW_PACKAGE)
}

function takesPlugin({ taken }: Statement): boolean {
  return taken.some(({ name }) => destinationOf(name).to === 'plugin')
}

function writeProxy(source: Source, statement: Statement): string {
  return writeStatement(source, statement, null, [PROXY_PLUGIN], PROXY_MODULE)
}

function writeName(form: Statement['form'], name: string, local: string, isType: boolean): string {
  const type = isType ? 'type ' : ''
  if (name === local) return type + name
  return form === 'import' ? `${type}${name} as ${local}` : `${name}: ${local}`
}

function writeStatement(
  { text }: Source,
  { node, form, isType, kind }: Statement,
  standard: string | null,
  names: readonly string[],
  module: string
): string {
  const quote = quoteOf(text.slice(node.start, node.end))
  const list = names.length === 0 ? [] : [`{ ${names.join(', ')} }`]
  const what = [...(standard === null ? [] : [standard]), ...list].join(', ')
  return form === 'require'
    ? `${kind} ${what} = require(${quote}${module}${quote})`
    : `import ${isType ? 'type ' : ''}${what} from ${quote}${module}${quote}`
}

export function lineBreakOf(text: string): string {
  return text.includes('\r\n') ? '\r\n' : '\n'
}

/** The blanks at the beginning of the line of this offset. */
export function indentOf(text: string, offset: number): string {
  const begin = text.lastIndexOf('\n', offset - 1) + 1
  return /^[ \t]*/.exec(text.slice(begin, offset))?.[0] ?? ''
}

/** The quote that a text writes. */
export function quoteOf(text: string): string {
  return text.includes('"') && !text.includes("'") ? '"' : "'"
}
