import type { Changes } from './edits.js'
import { indentOf, lineBreakOf, quoteOf } from './imports.js'
import { PROXY_PLUGIN } from './module-names.js'
import { changeOfOption, OF_CLIENT, type OptionChange } from './option-names.js'
import { moveProxy } from './proxy.js'
import {
  identifiersOf,
  MEMBERS,
  nameOf,
  nodeIn,
  nodesIn,
  type Source,
  type SyntaxNode,
  WITH_TYPE,
  withoutType
} from './syntax.js'

/** Changes the options of the plugin where they are written: in the call, or in a variable that the call is given. */
export class OptionLiterals {
  /** Options for clients that are removed from a literal other than the argument of a call. */
  readonly lost: SyntaxNode[] = []
  readonly #source: Source
  readonly #changes: Changes
  /** A literal can be reached by a registration and by its type. */
  readonly #changed = new Set<SyntaxNode>()
  /** Names of variables. */
  readonly #followed = new Set<string>()

  constructor(source: Source, changes: Changes) {
    this.#source = source
    this.#changes = changes
  }

  /** Changes a literal that is an argument of the call, and adds an option to it, unless it has one of that name. */
  changeArgument(literal: SyntaxNode, acceptsAny: string, call: SyntaxNode): void {
    const { kept, removed } = this.#changeProperties(literal, null, call)
    removeAll(this.#source, literal, kept, removed, this.#changes)
    const properties = nodesIn(literal, 'properties')
    if (properties.some((property) => property.computed !== true && nameOf(nodeIn(property, 'key')) === 'acceptsToken'))
      return
    const last = kept.at(-1)
    if (last !== undefined) this.#changes.insert(last.end, `,${gapBefore(this.#source, literal, last)}${acceptsAny}`)
    else if (properties.length === 0) this.#changes.replace(literal, `{ ${acceptsAny} }`)
    else this.#changes.insert(literal.start + 1, ` ${acceptsAny}`)
  }

  /** Changes the literals that an expression leads to. Where it leads out of the file, a note says what to look for. */
  changeValue(expression: SyntaxNode): void {
    const value = withoutType(expression)
    if (value.type === 'Identifier') this.#changeVariable(value)
    else if (value.type === 'ObjectExpression') this.#changeWhole(value, null)
    else if (BRANCHES.has(value.type)) {
      for (const member of ['consequent', 'alternate', 'left', 'right']) {
        const branch = nodeIn(value, member)
        if (branch !== null) this.changeValue(branch)
      }
    } else this.#noteElsewhere(value)
  }

  /** Changes the literals that the file says to be of the type `ClerkFastifyOptions`. */
  changeTyped(type: string): void {
    for (const identifier of identifiersOf(this.#source, type)) {
      for (const value of valuesOfType(this.#source, identifier)) {
        const literal = withoutType(value)
        const variable = this.#variableOf(literal)
        if (variable !== null) this.#followed.add(variable)
        if (literal.type === 'ObjectExpression') this.#changeWhole(literal, variable)
      }
    }
  }

  /** The name of the variable that a literal is the value of, with a type or without. */
  #variableOf(literal: SyntaxNode): string | null {
    for (let node = literal; ; ) {
      const parent = this.#source.parentOf(node)
      if (parent === null) return null
      if (parent.type === 'VariableDeclarator') return nameOf(nodeIn(parent, 'id'))
      if (!WITH_TYPE.has(parent.type)) return null
      node = parent
    }
  }

  #changeVariable(identifier: SyntaxNode): void {
    const name = String(identifier.name)
    if (name === 'undefined' || this.#followed.has(name)) return
    this.#followed.add(name)
    const declared = this.#source.nodes.filter(
      (node) => node.type === 'VariableDeclarator' && nameOf(nodeIn(node, 'id', 'Identifier')) === name
    )
    const init = declared.length === 1 && declared[0] !== undefined ? nodeIn(declared[0], 'init') : null
    const value = init === null ? null : withoutType(init)
    if (value === null || isBoundElsewhere(this.#source, name)) this.#noteElsewhere(identifier)
    else if (value.type === 'ObjectExpression') this.#changeWhole(value, name)
    else this.changeValue(value)
  }

  #changeWhole(literal: SyntaxNode, variable: string | null): void {
    if (this.#changed.has(literal)) return
    this.#changed.add(literal)
    const { kept, removed } = this.#changeProperties(literal, variable)
    removeAll(this.#source, literal, kept, removed, this.#changes)
    if (variable !== null) this.#refuseMembers(variable)
  }

  /** Renames and refuses. `variable`: the variable whose value the literal is; `call`: the registration that it is in. */
  #changeProperties(
    literal: SyntaxNode,
    variable: string | null,
    call: SyntaxNode | null = null
  ): { readonly kept: readonly SyntaxNode[]; readonly removed: readonly SyntaxNode[] } {
    const changes = this.#changes
    const kept: SyntaxNode[] = []
    const removed: SyntaxNode[] = []
    for (const property of nodesIn(literal, 'properties')) {
      const key = nodeIn(property, 'key')
      const isSpread = property.type === 'SpreadElement'
      if (property.computed === true) changes.refuse(property, 'an option whose name is computed is not understood')
      const name = isSpread || property.computed === true ? null : nameOf(key)
      const isMoved = name === PROXY_PLUGIN && call !== null && moveProxy(this.#source, call, property, changes)
      const change = isMoved ? REMOVED : name === null ? KEPT : changeOfOption(name)
      if (change.is === 'removed') removed.push(property)
      else kept.push(property)
      if (call === null && name !== null && OF_CLIENT.includes(name)) this.lost.push(property)
      if (change.is === 'refused') changes.refuse(property, `${name}: ${change.hint}`)
      else if (change.is !== 'kept' && variable !== null && this.#isUsedOtherwise(variable)) {
        changes.refuse(property, `${name} is no option here, and ${variable} has other uses: change it by hand`)
      }
      if (isSpread) this.changeValue(nodeIn(property, 'argument') ?? property)
      if (change.is !== 'renamed') continue
      if (property.shorthand === true) changes.replace(property, `${change.to}: ${name}`)
      else if (key !== null) changes.replace(key, change.to)
    }
    return { kept, removed }
  }

  /** Whether a variable is used other than as options of a registration: by itself, spread, or by way of another variable. */
  #isUsedOtherwise(variable: string): boolean {
    return identifiersOf(this.#source, variable).some((identifier) => {
      let value = identifier
      let parent = this.#source.parentOf(value)
      while (parent !== null && (WITH_TYPE.has(parent.type) || BRANCHES.has(parent.type))) {
        value = parent
        parent = this.#source.parentOf(value)
      }
      if (parent === null) return true
      if (parent.type === 'VariableDeclarator') return !this.#followed.has(nameOf(nodeIn(parent, 'id')) ?? '')
      if (NO_OTHER_USE.has(parent.type)) return false
      const callee = parent.type === 'CallExpression' ? nodeIn(parent, 'callee') : null
      return callee === null || nameOf(nodeIn(callee, 'property')) !== 'register'
    })
  }

  /** `options.hookName = …` and its like. */
  #refuseMembers(variable: string): void {
    for (const identifier of identifiersOf(this.#source, variable)) {
      const member = this.#source.parentOf(identifier)
      if (member === null || !MEMBERS.has(member.type) || member.computed === true) continue
      const name = nodeIn(member, 'object') === identifier ? nameOf(nodeIn(member, 'property')) : null
      if (name === null || changeOfOption(name).is === 'kept') continue
      this.#changes.refuse(member, `${name} is no option here: change it by hand`)
    }
  }

  #noteElsewhere(node: SyntaxNode): void {
    this.#changes.note(
      node,
      'these options are not written in this file: hookName, telemetry and others that have no meaning here keep the server from starting, with the name in the error'
    )
  }
}

const KEPT: OptionChange = { is: 'kept' }
const REMOVED: OptionChange = { is: 'removed' }

const BRANCHES = new Set(['ConditionalExpression', 'LogicalExpression'])
const NO_OTHER_USE = new Set([...MEMBERS, 'SpreadElement', 'ExportSpecifier', 'ExportDefaultDeclaration'])

/** The values that are said to be of a type, given where its name stands. */
function valuesOfType(source: Source, identifier: SyntaxNode): readonly SyntaxNode[] {
  let type = identifier
  let parent = source.parentOf(type)
  while (
    parent !== null &&
    /^TS(Type(Reference|Annotation|ParameterInstantiation)|IntersectionType)$/.test(parent.type)
  ) {
    type = parent
    parent = source.parentOf(type)
  }
  if (parent === null) return []
  if (WITH_TYPE.has(parent.type)) return [nodeIn(parent, 'expression')].filter((node) => node !== null)
  if (nodeIn(parent, 'returnType') === type) return returnedBy(source, parent)
  const holder = source.parentOf(parent)
  const value = holder === null ? null : (nodeIn(holder, 'init') ?? nodeIn(holder, 'right'))
  return parent.type === 'Identifier' && value !== null ? [value] : []
}

function returnedBy(source: Source, from: SyntaxNode): readonly SyntaxNode[] {
  const body = nodeIn(from, 'body')
  if (body !== null && body.type !== 'BlockStatement') return [body]
  return source.nodes
    .filter((node) => node.type === 'ReturnStatement' && functionAround(source, node) === from)
    .map((node) => nodeIn(node, 'argument'))
    .filter((node) => node !== null)
}

const FUNCTION = /Function|Method/

/** The innermost function that a node is in; null: none. */
export function functionAround(source: Source, node: SyntaxNode): SyntaxNode | null {
  for (let around = source.parentOf(node); around !== null; around = source.parentOf(around)) {
    if (FUNCTION.test(around.type)) return around
  }
  return null
}

/** Whether a parameter, an import or a pattern brings the name too. */
function isBoundElsewhere(source: Source, name: string): boolean {
  return identifiersOf(source, name).some((identifier) => {
    const parent = source.parentOf(identifier)
    if (parent === null) return false
    if (nodesIn(parent, 'params').includes(identifier) || /Import.*Specifier$/.test(parent.type)) return true
    if (parent.type === 'AssignmentPattern' || parent.type === 'AssignmentExpression')
      return nodeIn(parent, 'left') === identifier
    return parent.type === 'ObjectProperty' && source.parentOf(parent)?.type === 'ObjectPattern'
  })
}

/** New options go on a line of their own where the others do. */
function gapBefore({ text }: Source, options: SyntaxNode, property: SyntaxNode): string {
  const before = text.slice(options.start, property.start)
  const isAlone = before.trimEnd() !== before.replace(/[ \t]+$/, '')
  return isAlone ? lineBreakOf(text) + indentOf(text, property.start) : ' '
}

/** Removes properties, each with the comma after it; those after the last that stays with the comma before them. */
function removeAll(
  source: Source,
  literal: SyntaxNode,
  kept: readonly SyntaxNode[],
  removed: readonly SyntaxNode[],
  changes: Changes
): void {
  const properties = nodesIn(literal, 'properties')
  const last = kept.at(-1)
  for (const property of removed) {
    const isAfterLast = last === undefined || property.start > last.start
    const next = properties[properties.indexOf(property) + 1]
    const start =
      !isAfterLast || last === undefined || properties[properties.indexOf(property) - 1] !== last
        ? property.start
        : last.end
    const end = next?.start ?? (last === undefined ? literal.end - 1 : property.end)
    if (source.comments.some((comment) => comment.start >= start && comment.end <= end)) {
      const name = nameOf(nodeIn(property, 'key'))
      changes.refuse(property, `the option ${name} has to go, and a comment beside it would be lost: remove it by hand`)
    } else changes.replace({ start, end }, '')
  }
}

/** `acceptsToken: 'any'`, in the quotes of the file. */
export function acceptsAnyOf(source: Source): string {
  const quote = quoteOf(source.text)
  return `acceptsToken: ${quote}any${quote}`
}
