import type { Changes } from './edits.js'
import { indentOf, lineBreakOf, quoteOf, type Rename } from './imports.js'
import { changeOfOption } from './option-names.js'
import { identifiersOf, nameOf, nodeIn, nodesIn, type Source, type SyntaxNode } from './syntax.js'

/** A call `register(clerkPlugin, options)`. */
export interface Registration {
  readonly call: SyntaxNode
  /** The second argument; null: none. */
  readonly options: SyntaxNode | null
}

/**
 * Changes each registration of the plugin: its name, and its options. `acceptsToken: 'any'` is what `@clerk/fastify` always
 * does. A use of the plugin that is no registration is refused.
 */
export function changeRegistrations(
  source: Source,
  { local, renamed }: Rename,
  changes: Changes
): readonly Registration[] {
  const registrations: Registration[] = []
  for (const identifier of identifiersOf(source, local)) {
    const parent = source.parentOf(identifier)
    if (parent === null || isTaking(source, parent)) continue
    const registration = registrationOf(identifier, parent)
    if (registration === null) {
      changes.refuse(
        identifier,
        `${local} is used other than as the first argument of register(), or with more than options`
      )
      continue
    }
    if (renamed !== local) changes.replace(identifier, renamed)
    changeOptions(source, identifier, registration.options, changes)
    registrations.push(registration)
  }
  return registrations
}

/** The import specifier, or the property of the pattern that takes the name from `require`. */
function isTaking(source: Source, parent: SyntaxNode): boolean {
  if (parent.type === 'ImportSpecifier') return true
  const pattern = source.parentOf(parent)
  return parent.type === 'ObjectProperty' && pattern?.type === 'ObjectPattern' && isOfRequire(source.parentOf(pattern))
}

function isOfRequire(declarator: SyntaxNode | null): boolean {
  const call = declarator === null ? null : nodeIn(declarator, 'init', 'CallExpression')
  return call !== null && nameOf(nodeIn(call, 'callee')) === 'require'
}

function registrationOf(identifier: SyntaxNode, call: SyntaxNode): Registration | null {
  const callee = call.type === 'CallExpression' ? nodeIn(call, 'callee', 'MemberExpression') : null
  if (callee === null || callee.computed === true || nameOf(nodeIn(callee, 'property')) !== 'register') return null
  const [first, options = null, more] = nodesIn(call, 'arguments')
  if (first !== identifier || more !== undefined || options?.type === 'SpreadElement') return null
  return { call, options }
}

const FUNCTIONS = new Set(['ArrowFunctionExpression', 'FunctionExpression'])

function changeOptions(source: Source, plugin: SyntaxNode, options: SyntaxNode | null, changes: Changes): void {
  const quote = quoteOf(source.text)
  const acceptsAny = `acceptsToken: ${quote}any${quote}`
  if (options === null) changes.insert(plugin.end, `, { ${acceptsAny} }`)
  else if (options.type === 'ObjectExpression') changeLiteral(source, options, acceptsAny, changes)
  else if (FUNCTIONS.has(options.type)) changes.refuse(options, 'options that are a function are not understood')
  else {
    changes.insert(options.start, '{ ...')
    changes.insert(options.end, `, ${acceptsAny} }`)
  }
}

function changeLiteral(source: Source, options: SyntaxNode, acceptsAny: string, changes: Changes): void {
  const properties = nodesIn(options, 'properties')
  const kept: SyntaxNode[] = []
  let hasAcceptsToken = false
  for (const property of properties) {
    const key = nodeIn(property, 'key')
    const name = property.type === 'SpreadElement' || property.computed === true ? null : nameOf(key)
    if (property.computed === true) changes.refuse(property, 'an option whose name is computed is not understood')
    if (name === 'acceptsToken') hasAcceptsToken = true
    const change = name === null ? { is: 'kept' as const } : changeOfOption(name)
    if (change.is === 'refused') changes.refuse(property, `${name}: ${change.hint}`)
    if (change.is !== 'removed') kept.push(property)
    if (change.is !== 'renamed') continue
    if (property.shorthand === true) changes.replace(property, `${change.to}: ${name}`)
    else if (key !== null) changes.replace(key, change.to)
  }
  const last = kept.at(-1)
  for (const property of properties)
    if (!kept.includes(property)) remove(source, options, properties, property, changes)
  if (hasAcceptsToken) return
  if (last !== undefined) changes.insert(last.end, `,${gapBefore(source, options, last)}${acceptsAny}`)
  else if (properties.length === 0) changes.replace(options, `{ ${acceptsAny} }`)
  else changes.insert(options.start + 1, ` ${acceptsAny}`)
}

/** New options go on a line of their own where the others do. */
function gapBefore({ text }: Source, options: SyntaxNode, property: SyntaxNode): string {
  const isAlone =
    text.slice(options.start, property.start).trimEnd() !==
    text.slice(options.start, property.start).replace(/[ \t]+$/, '')
  return isAlone ? lineBreakOf(text) + indentOf(text, property.start) : ' '
}

/** Removes a property with the comma after it, or before it if it is the last. */
function remove(
  source: Source,
  options: SyntaxNode,
  properties: readonly SyntaxNode[],
  property: SyntaxNode,
  changes: Changes
): void {
  const position = properties.indexOf(property)
  const next = properties[position + 1]
  const before = properties[position - 1]
  const start = next === undefined && before !== undefined ? before.end : property.start
  const end = next?.start ?? (before === undefined ? options.end - 1 : property.end)
  if (source.comments.some((comment) => comment.start >= start && comment.end <= end)) {
    changes.refuse(
      property,
      `the option ${nameOf(nodeIn(property, 'key'))} has to go, and a comment beside it would be lost: remove it by hand`
    )
    return
  }
  changes.replace({ start, end }, '')
}
