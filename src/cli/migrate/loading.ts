import type { Changes } from './edits.js'
import { functionAround } from './option-literals.js'
import { nameOf, nodeIn, nodesIn, propertyNameOf, type Source, type SyntaxNode, withoutType } from './syntax.js'

// Fastify loads a plugin later than the line that registers it. `@clerk/fastify` covers routes that are made in between;
// here the server refuses to start with them.

/** `options` is left out: early routes for OPTIONS alone are allowed. */
const MAKE_ROUTES = new Set(['get', 'head', 'post', 'put', 'patch', 'delete', 'all', 'route'])

/** Awaits a registration where routes of the same server follow, and refuses where that cannot be done. */
export function awaitRegistration(source: Source, call: SyntaxNode, changes: Changes): void {
  const server = serverOf(source, call)
  if (server === null) return
  const around = functionAround(source, call)
  const beside = source.nodes.filter((node) => node !== call && functionAround(source, node) === around)
  const routes = beside.filter((node) => makesRoute(source, node, server))
  for (const route of routes.filter(({ end }) => end < call.start)) {
    changes.refuse(route, `this route is made before the plugin is registered, ${REFUSES}: move it behind`)
  }
  const isLate = ({ end }: SyntaxNode) => end > call.end
  const route = routes.find(isLate)
  const handedOn = beside.find((node) => isLate(node) && isHandedTo(source, node, server))
  const first = route ?? handedOn
  if (first === undefined || isAwaited(source, call)) return
  if (source.parentOf(call)?.type === 'ExpressionStatement' && canAwait(source, around)) {
    changes.insert(call.start, 'await ')
    if (around === null) changes.note(call, 'awaited, so that the routes below come after it: this needs an ES module')
  } else if (route !== undefined) {
    changes.refuse(
      route,
      `this route is made before the plugin has loaded, ${REFUSES}: await the registration, or make the routes in a plugin that is registered after it`
    )
  } else {
    changes.note(
      first,
      `if routes are made here, they come before the plugin has loaded, ${REFUSES}: await the registration, or make them in a plugin that is registered after it`
    )
  }
}

const REFUSES = 'and the server would not start (FST_CLERK_EARLY_ROUTES)'

/** The variable that a chain of calls begins with, or the member of `this`; `this` alone: a method of its own is called. */
function serverOf(source: Source, call: SyntaxNode): string | null {
  let inner = call
  let node = nodeIn(call, 'callee')
  const callee = node
  while (node !== null && node.type !== 'Identifier' && node.type !== 'ThisExpression') {
    inner = node
    node = nodeIn(node, 'object') ?? nodeIn(node, 'callee') ?? nodeIn(node, 'expression')
  }
  if (node?.type !== 'ThisExpression') return nameOf(node)
  return inner === callee ? 'this' : pathOf(source, inner)
}

/** The text of a variable or member, by which it is found again. */
function pathOf({ text }: Source, node: SyntaxNode): string {
  const { start, end } = withoutType(node)
  return text.slice(start, end).replace(/\s/g, '')
}

function makesRoute(source: Source, node: SyntaxNode, server: string): boolean {
  if (node.type !== 'CallExpression') return false
  const callee = nodeIn(node, 'callee', 'MemberExpression')
  const method = callee === null ? null : propertyNameOf(callee)
  return method !== null && MAKE_ROUTES.has(method) && serverOf(source, node) === server
}

/** `addRoutes(server)`; for a member of `this` also `addRoutes(this)`, and `this.addRoutes()`. */
function isHandedTo(source: Source, node: SyntaxNode, server: string): boolean {
  if (node.type !== 'CallExpression') return false
  const isOfThis = server.startsWith('this.')
  if (isOfThis && serverOf(source, node) === 'this') return true
  return nodesIn(node, 'arguments').some((argument) => {
    const path = pathOf(source, argument)
    return path === server || (isOfThis && path === 'this')
  })
}

/** Whether the call, or a chain that begins with it, is awaited before the next statement. */
function isAwaited(source: Source, call: SyntaxNode): boolean {
  for (let node = source.parentOf(call); node !== null; node = source.parentOf(node)) {
    if (node.type === 'AwaitExpression') return true
    if (/Statement$|Declaration$|Function/.test(node.type)) return false
  }
  return false
}

function canAwait(source: Source, around: SyntaxNode | null): boolean {
  if (around !== null) return around.async === true
  return source.nodes.some(({ type }) => /^(Import|Export)\w*Declaration$/.test(type))
}
