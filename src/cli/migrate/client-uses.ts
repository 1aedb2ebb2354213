import type { Changes } from './edits.js'
import {
  identifiersOf,
  keyOf,
  MEMBERS,
  nameOf,
  nodeIn,
  nodesIn,
  propertyNameOf,
  type Source,
  type SyntaxNode,
  stringOf,
  withoutType
} from './syntax.js'

// Where a file reads the client that `@clerk/fastify` puts on each request.

const REQUEST = /^req(uest)?$/
/** Other names that a request may have. */
const LIKE_REQUEST = /req(uest)?$/i
export const MAKE_A_CLIENT = 'make a client by createClerkClient'

/** Each `request.clerk`, also in brackets, behind a type, by `getDecorator`, or of a request that is a member. Other ways to read that property are refused. */
export function findClientUses(source: Source, changes: Changes): readonly SyntaxNode[] {
  const uses: SyntaxNode[] = []
  for (const node of source.nodes) {
    if (takesClerk(node) && isOfRequest(source, node))
      changes.refuse(node, `clerk is taken out of an object: if that is a request, ${MAKE_A_CLIENT}`)
    const object = ownerOfClerk(node)
    if (object === null) continue
    const text = source.text.slice(node.start, node.end)
    if (!isRequest(object)) {
      if (mayBeRequest(source, object))
        changes.refuse(node, `${text} is not understood: if that is of a request, ${MAKE_A_CLIENT}`)
    } else if (isAssigned(source, node)) changes.refuse(node, `${text} is assigned to`)
    else uses.push(node)
  }
  return uses
}

/** The object that `object.clerk` or `object.getDecorator('clerk')` reads; null: the node is neither. */
function ownerOfClerk(node: SyntaxNode): SyntaxNode | null {
  if (MEMBERS.has(node.type)) return propertyNameOf(node) === 'clerk' ? nodeIn(node, 'object') : null
  const callee = nodeIn(node, 'callee')
  const [name] = nodesIn(node, 'arguments')
  if (callee === null || name === undefined || stringOf(name) !== 'clerk') return null
  return propertyNameOf(callee) === 'getDecorator' ? nodeIn(callee, 'object') : null
}

function isAssigned(source: Source, node: SyntaxNode): boolean {
  const parent = source.parentOf(node)
  return parent?.type === 'AssignmentExpression' && parent.left === node
}

/** `request`, or a member of that name. */
function isRequest(expression: SyntaxNode): boolean {
  const value = withoutType(expression)
  return REQUEST.test((MEMBERS.has(value.type) ? propertyNameOf(value) : nameOf(value)) ?? '')
}

/** Members of expressions that have the value of these. */
const VALUES = ['callee', 'argument', 'consequent', 'alternate', 'left', 'right']

/** Whether it is called like a request, is a parameter, or has the value of either. */
function mayBeRequest(source: Source, expression: SyntaxNode): boolean {
  const value = withoutType(expression)
  if (value.type === 'Identifier') {
    const name = String(value.name)
    return LIKE_REQUEST.test(name) || isParameter(source, value, name) || isRequestElsewhere(source, name)
  }
  if (!MEMBERS.has(value.type)) return VALUES.some((member) => mayBeIn(source, value, member))
  const name = propertyNameOf(value)
  return name === null ? mayBeIn(source, value, 'object') : LIKE_REQUEST.test(name)
}

function mayBeIn(source: Source, node: SyntaxNode, member: string): boolean {
  const value = nodeIn(node, member)
  return value !== null && mayBeRequest(source, value)
}

/** `name = request`, declared so or assigned. */
function isRequestElsewhere(source: Source, name: string): boolean {
  return source.nodes.some((node) => {
    const value = nodeIn(node, 'init') ?? nodeIn(node, 'right')
    return value !== null && nameOf(nodeIn(node, 'id') ?? nodeIn(node, 'left')) === name && isRequest(value)
  })
}

/** `{ clerk }` as a pattern. */
function takesClerk(node: SyntaxNode): boolean {
  return node.type === 'ObjectPattern' && nodesIn(node, 'properties').some((property) => keyOf(property) === 'clerk')
}

/** Whether a pattern is a parameter, or takes apart what may be a request. */
function isOfRequest(source: Source, pattern: SyntaxNode): boolean {
  const parent = source.parentOf(pattern)
  if (parent === null) return false
  if (nodesIn(parent, 'params').includes(pattern)) return true
  if (parent.type === 'AssignmentPattern') return isOfRequest(source, parent)
  if (parent.type === 'ObjectProperty') return LIKE_REQUEST.test(keyOf(parent) ?? '')
  return mayBeIn(source, parent, 'init') || mayBeIn(source, parent, 'right')
}

function isParameter(source: Source, from: SyntaxNode, name: string): boolean {
  const named = identifiersOf(source, name)
  for (let node = source.parentOf(from); node !== null; node = source.parentOf(node)) {
    for (const parameter of nodesIn(node, 'params'))
      if (named.some(({ start, end }) => start >= parameter.start && end <= parameter.end)) return true
  }
  return false
}
