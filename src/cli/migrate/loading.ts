import type { Changes } from './edits.js'
import { functionAround } from './option-literals.js'
import { nameOf, nodeIn, nodesIn, type Source, type SyntaxNode } from './syntax.js'

// Fastify loads a plugin later than the line that registers it. `@clerk/fastify` covers routes that are made in between;
// here the server refuses to start with them.

/** `options` is left out: early routes for OPTIONS alone are allowed. */
const MAKE_ROUTES = new Set(['get', 'head', 'post', 'put', 'patch', 'delete', 'all', 'route'])

/** Awaits a registration where routes of the same server follow, and refuses where that cannot be done. */
export function awaitRegistration(source: Source, call: SyntaxNode, changes: Changes): void {
  const server = serverOf(call)
  if (server === null) return
  const around = functionAround(source, call)
  const beside = source.nodes.filter((node) => node !== call && functionAround(source, node) === around)
  const routes = beside.filter((node) => makesRoute(node, server))
  for (const route of routes.filter(({ end }) => end < call.start)) {
    changes.refuse(route, `this route is made before the plugin is registered, ${REFUSES}: move it behind`)
  }
  const isLate = ({ end }: SyntaxNode) => end > call.end
  const route = routes.find(isLate)
  const handedOn = beside.find((node) => isLate(node) && isHandedTo(node, server))
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

/** The variable that a chain of calls begins with. */
function serverOf(call: SyntaxNode): string | null {
  let node = nodeIn(call, 'callee')
  while (node !== null && node.type !== 'Identifier') {
    node = nodeIn(node, 'object') ?? nodeIn(node, 'callee') ?? nodeIn(node, 'expression')
  }
  return nameOf(node)
}

function makesRoute(node: SyntaxNode, server: string): boolean {
  if (node.type !== 'CallExpression') return false
  const callee = nodeIn(node, 'callee', 'MemberExpression')
  const method = callee === null || callee.computed === true ? null : nameOf(nodeIn(callee, 'property'))
  return method !== null && MAKE_ROUTES.has(method) && serverOf(node) === server
}

/** `addRoutes(server)`. */
function isHandedTo(node: SyntaxNode, server: string): boolean {
  return node.type === 'CallExpression' && nodesIn(node, 'arguments').some((argument) => nameOf(argument) === server)
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
