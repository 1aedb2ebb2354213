import { createHash } from 'node:crypto'
import { isRecord } from '../core/json.js'
import type { InstanceOptions } from './resolver-options.js'

/** Names and copies of a plain object's members. */
class Members {
  readonly names: readonly string[]
  readonly values: readonly unknown[]

  constructor(object: object) {
    this.names = Object.keys(object)
    this.values = Object.values(object).map(copyOfMember)
  }
}

/** Copies options. Functions, class instances and objects with a state of their own are kept by reference. */
export function copyOf(options: object): unknown {
  return isPlainObject(options) ? new Members(options) : options
}

function copyOfMember(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copyOfMember)
  return isValue(value) ? new Members(value) : value
}

/**
 * Whether a value is still what `copyOf` has copied. On the hot path of a plugin with a resolver: each member is one
 * comparison. Members in another order count as a change, and the options are then read again.
 */
export function isUnchanged(value: unknown, copy: unknown): boolean {
  if (Object.is(value, copy)) return true
  if (copy instanceof Members) return isPlainObject(value) && hasMembers(value, copy)
  return Array.isArray(copy) && Array.isArray(value) && hasElements(value, copy)
}

function hasMembers(value: object, { names, values }: Members): boolean {
  let i = 0
  // `Object.keys` would make a list for each request. A member that all objects inherit is in no copy, and counts as a change.
  for (const name in value) {
    const member = (value as Readonly<Record<string, unknown>>)[name]
    if (name !== names[i] || (!Object.is(member, values[i]) && !isUnchanged(member, values[i]))) return false
    i++
  }
  return i === names.length
}

function hasElements(value: readonly unknown[], copy: readonly unknown[]): boolean {
  if (value.length !== copy.length) return false
  for (let i = 0; i < value.length; i++) {
    // A hole is another value than `undefined` to `identityOf`.
    const element = value[i]
    if (!Object.is(element, copy[i]) && !isUnchanged(element, copy[i])) return false
    if (element === undefined && i in value !== i in copy) return false
  }
  return true
}

function isPlainObject(value: unknown): value is object {
  if (!isRecord(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/**
 * Whether a member of the options is a literal that is compared by its own members. One with functions and data is an
 * object of the application's with a state, such as a bus or a snapshot store: when its data changes it stays the same.
 * Members that are not given count for nothing.
 */
function isValue(value: unknown): value is object {
  if (!isPlainObject(value)) return false
  const members = Object.values(value).filter((member) => member !== undefined)
  const functions = members.filter((member) => typeof member === 'function')
  return functions.length === 0 || functions.length === members.length
}

/**
 * Two answers of a resolver are the same instance when every option is equal; else keys or caches of one tenant could
 * serve another. A digest, because the options hold secrets.
 */
export function identityOf(options: InstanceOptions, nameOf: NameOf = idOf): string {
  return createHash('sha256')
    .update(isPlainObject(options) ? canonicalMembers(options, nameOf) : canonical(options, nameOf))
    .digest('base64url')
}

/** The same for options that differ only in members that equal themselves alone. */
export function likenessOf(options: InstanceOptions): string {
  return identityOf(options, () => '#')
}

/** Names of the options that are others than those before, of two with the same likeness. */
export function changedMembers(options: InstanceOptions, before: InstanceOptions): readonly string[] {
  const earlier = new Map<string, unknown>(Object.entries(before))
  return Object.entries(options).flatMap(([name, value]) =>
    canonical(value, idOf) === canonical(earlier.get(name), idOf) ? [] : [name]
  )
}

/** Text for a function, or for an object that is no value. */
type NameOf = (value: object) => string

const functionIds = new WeakMap<object, number>()
let functionCount = 0

/** A function, or an object that is no value, equals only itself: its name is a number. */
function idOf(value: object): string {
  let id = functionIds.get(value)
  if (id === undefined) {
    id = ++functionCount
    functionIds.set(value, id)
  }
  return `#${id}`
}

function canonical(value: unknown, nameOf: NameOf): string {
  if (typeof value === 'function') return nameOf(value)
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'undefined'
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item, nameOf)).join(',')}]`
  return isValue(value) ? canonicalMembers(value, nameOf) : nameOf(value)
}

function canonicalMembers(value: object, nameOf: NameOf): string {
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  members.sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member, nameOf)}`).join(',')}}`
}
