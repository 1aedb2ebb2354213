import type { Changes } from './edits.js'
import { endOf, indentOf, lineBreakOf } from './imports.js'
import { PROXY_MODULE, PROXY_PLUGIN } from './module-names.js'
import { identifiersOf, nameOf, nodeIn, nodesIn, type Source, type SyntaxNode } from './syntax.js'

/** `{ enabled: true, path }` with texts alone: the path as the file writes it, or null for the default. */
interface ProxyOption {
  readonly isEnabled: boolean
  readonly path: string | null
}

function readOption({ text }: Source, property: SyntaxNode): ProxyOption | null {
  const value = nodeIn(property, 'value', 'ObjectExpression')
  if (value === null) return null
  const members = new Map<string | null, SyntaxNode | null>()
  for (const member of nodesIn(value, 'properties')) {
    const name = member.computed === true ? null : nameOf(nodeIn(member, 'key'))
    members.set(name, nodeIn(member, 'value'))
  }
  const [enabled, path] = [members.get('enabled'), members.get('path')]
  const isKnown = [...members.keys()].every((name) => name === 'enabled' || name === 'path')
  if (!isKnown || enabled?.type !== 'BooleanLiteral') return null
  if (path !== undefined && path?.type !== 'StringLiteral') return null
  return { isEnabled: enabled.value === true, path: path === undefined ? null : text.slice(path.start, path.end) }
}

const BLOCKS = new Set(['Program', 'BlockStatement'])

/**
 * Registers the proxy behind the plugin in place of the option, which the caller removes. False: the option or the place is not
 * understood, and nothing is changed.
 */
export function moveProxy(source: Source, call: SyntaxNode, property: SyntaxNode, changes: Changes): boolean {
  const option = readOption(source, property)
  if (option === null) return false
  if (!option.isEnabled) return true
  const parent = source.parentOf(call)
  const isAwaited = parent?.type === 'AwaitExpression'
  const statement = isAwaited ? source.parentOf(parent) : parent
  const server = nodeIn(nodeIn(call, 'callee') ?? call, 'object', 'Identifier')
  if (statement?.type !== 'ExpressionStatement' || server === null) return false
  // Behind an `if` without braces a second statement would stand outside.
  if (!BLOCKS.has(source.parentOf(statement)?.type ?? '')) return false
  // The option's own key is a property, and counts as no name of the file.
  if (identifiersOf(source, PROXY_PLUGIN).length > 0) return false
  const options = option.path === null ? '' : `, { path: ${option.path} }`
  const line = `${isAwaited ? 'await ' : ''}${nameOf(server)}.register(${PROXY_PLUGIN}${options})`
  const begin = lineBreakOf(source.text) + indentOf(source.text, statement.start)
  changes.insert(statement.end, begin + line + endOf(source, statement))
  changes.needsProxy = true
  changes.note(property, `the proxy is a plugin of its own, ${PROXY_MODULE}: it needs @fastify/reply-from`)
  return true
}
