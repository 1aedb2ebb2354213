import { createHash } from 'node:crypto'
import { isRecord } from '../core/json.js'
import type { InstanceOptions } from './resolver-options.js'

/** Copies plain objects and arrays. Functions and class instances are kept by reference and compared by identity. */
export function copyOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copyOf)
  if (!isPlainObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, copyOf(member)]))
}

export function isUnchanged(value: unknown, copy: unknown): boolean {
  if (Object.is(value, copy)) return true
  if (Array.isArray(value) ? !Array.isArray(copy) : !isPlainObject(value) || !isPlainObject(copy)) return false
  const members = value as Readonly<Record<string, unknown>>
  const before = copy as Readonly<Record<string, unknown>>
  let count = 0
  for (const name of Object.keys(members)) {
    if (!Object.hasOwn(before, name) || !isUnchanged(members[name], before[name])) return false
    count++
  }
  return count === Object.keys(before).length
}

function isPlainObject(value: unknown): value is object {
  if (!isRecord(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/**
 * Two answers of a resolver are the same instance when every option is equal; else keys or caches of one tenant could
 * serve another. A digest, because the options hold secrets.
 */
export function identityOf(options: InstanceOptions): string {
  return createHash('sha256').update(canonical(options)).digest('base64url')
}

const functionIds = new WeakMap<object, number>()
let functionCount = 0

/** A function or class instance equals only itself: its name is a number. */
function idOf(value: object): string {
  let id = functionIds.get(value)
  if (id === undefined) {
    id = ++functionCount
    functionIds.set(value, id)
  }
  return `#${id}`
}

function canonical(value: unknown): string {
  if (typeof value === 'function') return idOf(value)
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'undefined'
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (!isPlainObject(value)) return idOf(value)
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  members.sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(',')}}`
}
