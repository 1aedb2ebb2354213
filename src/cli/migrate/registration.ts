import type { Changes } from './edits.js'
import type { Rename } from './imports.js'
import { awaitRegistration } from './loading.js'
import { acceptsAnyOf, type OptionLiterals } from './option-literals.js'
import { identifiersOf, nameOf, nodeIn, nodesIn, type Source, type SyntaxNode, withoutType } from './syntax.js'

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
  literals: OptionLiterals,
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
    changeOptions(source, identifier, registration, literals, changes)
    awaitRegistration(source, registration.call, changes)
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
  // Behind a name in parentheses the options would stand in them.
  if (first !== identifier || isInParentheses(first) || more !== undefined || options?.type === 'SpreadElement')
    return null
  return { call, options }
}

function isInParentheses({ extra }: SyntaxNode): boolean {
  return (extra as { readonly parenthesized?: unknown } | undefined)?.parenthesized === true
}

/** Options that are not understood: `…` would spread the first of a list, and nothing of a function. */
const NO_OPTIONS: Readonly<Record<string, string>> = {
  ArrowFunctionExpression: 'a function',
  FunctionExpression: 'a function',
  SequenceExpression: 'a list with commas'
}

function changeOptions(
  source: Source,
  plugin: SyntaxNode,
  { options, call }: Registration,
  literals: OptionLiterals,
  changes: Changes
): void {
  const acceptsAny = acceptsAnyOf(source)
  if (options === null) changes.insert(plugin.end, `, { ${acceptsAny} }`)
  else if (options.type === 'ObjectExpression') literals.changeArgument(options, acceptsAny, call)
  else if (Object.hasOwn(NO_OPTIONS, withoutType(options).type))
    changes.refuse(options, `options that are ${NO_OPTIONS[withoutType(options).type]} are not understood`)
  else {
    changes.insert(options.start, '{ ...')
    changes.insert(options.end, `, ${acceptsAny} }`)
    literals.changeValue(options)
  }
}
