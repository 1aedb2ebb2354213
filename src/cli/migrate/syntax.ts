import { createRequire } from 'node:module'
import { basename, delimiter, dirname, join } from 'node:path'
import { MigrateParserError } from '../../core/errors.js'

/** A node of the syntax tree, as far as it is looked at: Babel 7 and 8 agree on that. */
export interface SyntaxNode {
  readonly type: string
  /** Offsets in the text. */
  readonly start: number
  readonly end: number
  readonly loc: { readonly start: { readonly line: number } }
  readonly [member: string]: unknown
}

/** A file, parsed. */
export interface Source {
  readonly text: string
  /** Every node, parents before their children. */
  readonly nodes: readonly SyntaxNode[]
  readonly comments: readonly SyntaxNode[]
  parentOf(node: SyntaxNode): SyntaxNode | null
}

export type Parse = (text: string, name: string) => Source

/** Loads the optional peer `@babel/parser`. Rejects with `FST_CLERK_MIGRATE_PARSER` without it. */
export async function loadParser(): Promise<Parse> {
  const { parse } = await importParser()
  return (text, name) => {
    const { program, comments } = parse(text, {
      sourceType: 'unambiguous',
      allowReturnOutsideFunction: true,
      plugins: [...pluginsFor(name)]
    }) as unknown as { readonly program: SyntaxNode; readonly comments: readonly SyntaxNode[] | null }
    return index(text, program, comments ?? [])
  }
}

async function importParser(): Promise<typeof import('@babel/parser')> {
  try {
    return (await import('@babel/parser')).default
  } catch (cause) {
    const parser = requireFromPath(process.env.PATH ?? '')
    if (parser === null) throw new MigrateParserError({ cause })
    return parser
  }
}

/**
 * The parser among the packages whose commands are on PATH. Where this package is installed in the application, `npx -p`
 * starts that one, and puts the others into a folder of its own, which it puts on PATH. Null: it is nowhere.
 */
export function requireFromPath(path: string): typeof import('@babel/parser') | null {
  for (const folder of path.split(delimiter)) {
    if (basename(folder) !== '.bin' || basename(dirname(folder)) !== 'node_modules') continue
    try {
      return createRequire(join(folder, 'any'))('@babel/parser')
    } catch {
      // The next folder may have it.
    }
  }
  return null
}

function pluginsFor(name: string): readonly ('typescript' | 'jsx' | 'decorators-legacy')[] {
  if (/\.[cm]?ts$/.test(name)) return ['typescript', 'decorators-legacy']
  return name.endsWith('.tsx') ? ['typescript', 'jsx', 'decorators-legacy'] : ['jsx', 'decorators-legacy']
}

function index(text: string, program: SyntaxNode, comments: readonly SyntaxNode[]): Source {
  const parents = new Map<SyntaxNode, SyntaxNode>()
  const nodes: SyntaxNode[] = [program]
  for (const node of nodes) {
    for (const child of childrenOf(node)) {
      parents.set(child, node)
      nodes.push(child)
    }
  }
  return { text, nodes, comments, parentOf: (node) => parents.get(node) ?? null }
}

/** Comments hang on nodes too, and are none of their children. */
const NO_CHILDREN = new Set(['leadingComments', 'innerComments', 'trailingComments', 'loc', 'extra'])

function* childrenOf(node: SyntaxNode): Generator<SyntaxNode> {
  for (const [member, value] of Object.entries(node)) {
    if (NO_CHILDREN.has(member)) continue
    for (const each of Array.isArray(value) ? value : [value]) if (isNode(each)) yield each
  }
}

function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && 'type' in value && 'start' in value
}

/** A member that is a node; null if it is something else, or of another type than the one given. */
export function nodeIn(node: SyntaxNode, member: string, type?: string): SyntaxNode | null {
  const value = node[member]
  return isNode(value) && (type === undefined || value.type === type) ? value : null
}

/** A member that is a list of nodes; holes of it are left out. */
export function nodesIn(node: SyntaxNode, member: string): readonly SyntaxNode[] {
  const value = node[member]
  return Array.isArray(value) ? value.filter(isNode) : []
}

/** The name of an identifier or the value of a string literal, where either may be a name; else null. */
export function nameOf(node: SyntaxNode | null): string | null {
  if (node?.type === 'Identifier' || node?.type === 'JSXIdentifier') return String(node.name)
  return node?.type === 'StringLiteral' ? String(node.value) : null
}

/** The string that a literal or a template without expressions holds; else null. */
export function stringOf(node: SyntaxNode): string | null {
  if (node.type === 'StringLiteral') return String(node.value)
  if (node.type !== 'TemplateElement') return null
  const { cooked } = node.value as { readonly cooked?: unknown }
  return typeof cooked === 'string' ? cooked : null
}

export const MEMBERS = new Set(['MemberExpression', 'OptionalMemberExpression'])

export const WITH_TYPE = new Set([
  'TSAsExpression',
  'TSSatisfiesExpression',
  'TSNonNullExpression',
  'TSTypeAssertion',
  'ParenthesizedExpression'
])

/** The expression below `as`, `satisfies` and their like. */
export function withoutType(expression: SyntaxNode): SyntaxNode {
  const inner = WITH_TYPE.has(expression.type) ? nodeIn(expression, 'expression') : null
  return inner === null ? expression : withoutType(inner)
}

/** The name of the property that a member expression reads, in brackets too, with the `#` of a private one; else null. */
export function propertyNameOf(member: SyntaxNode): string | null {
  const property = nodeIn(member, 'property')
  if (property?.type === 'PrivateName') return `#${nameOf(nodeIn(property, 'id'))}`
  if (property === null || member.computed !== true) return nameOf(property)
  const [text, more] = property.type === 'TemplateLiteral' ? nodesIn(property, 'quasis') : [property]
  return text === undefined || more !== undefined ? null : stringOf(text)
}

/** Identifiers of this name that stand for a variable or a type, and not for a property. */
export function identifiersOf(source: Source, name: string): readonly SyntaxNode[] {
  return source.nodes.filter(
    (node) =>
      (node.type === 'Identifier' || node.type === 'JSXIdentifier') && node.name === name && !isProperty(source, node)
  )
}

function isProperty(source: Source, node: SyntaxNode): boolean {
  const parent = source.parentOf(node)
  if (parent === null || parent.computed === true || parent.shorthand === true) return false
  // `imported` and `exported` are names in another module; `local` stands for a variable, except in an export from a module.
  if (parent.type === 'ImportSpecifier') return parent.imported === node && parent.local !== node
  if (/^Export.*Specifier$/.test(parent.type)) return !isExported(source, parent, node)
  if (parent.type === 'TSQualifiedName') return parent.right === node
  return parent.property === node || parent.qualifier === node || (parent.key === node && parent.value !== node)
}

/** Whether an export specifier exports the variable of this identifier. */
function isExported(source: Source, specifier: SyntaxNode, identifier: SyntaxNode): boolean {
  const statement = source.parentOf(specifier)
  return specifier.local === identifier && statement !== null && nodeIn(statement, 'source') === null
}

/** The name of a property; null: it is computed, or a spread. */
export function keyOf(property: SyntaxNode): string | null {
  const key = nodeIn(property, 'key')
  return property.computed === true && key?.type === 'Identifier' ? null : nameOf(key)
}
