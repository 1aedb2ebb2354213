import { createHash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { createInstance, type Instance } from '../instance.js'
import type { Logger } from '../logger.js'
import { resolveOptions } from '../options.js'
import type { ResolvableOptions } from './types.js'

/** The instances of a server with several: built once, kept by the identity of their options, bounded. */
export interface Instances {
  /** Throws the coded error of an option that is not valid. */
  obtain(options: ResolvableOptions): Instance
  close(): void
}

export function createInstances({ maxInstances, logger }: { maxInstances: number; logger: Logger }): Instances {
  // The environment describes one instance: it must not complete the keys of another.
  const byIdentity = new LRUCache<string, Instance>({
    max: maxInstances,
    dispose: (instance) => instance.close()
  })
  // A resolver that answers with the same object spares its instance the reading of its options.
  let byObject = new WeakMap<ResolvableOptions, string>()

  return {
    obtain(options) {
      const known = byObject.get(options)
      const found = known === undefined ? undefined : byIdentity.get(known)
      if (found !== undefined) return found

      const identity = identityOf(options)
      byObject.set(options, identity)
      let instance = byIdentity.get(identity)
      if (instance === undefined) {
        instance = createInstance(resolveOptions({ logger, ...options }, { env: {}, logger }))
        byIdentity.set(identity, instance)
        instance
          .ready()
          .catch((error: unknown) => logger.error({ err: error }, 'Clerk: an instance could not be warmed up'))
      }
      return instance
    },
    close() {
      byIdentity.clear()
      byObject = new WeakMap()
    }
  }
}

/**
 * What makes two answers of a resolver the same instance: every option, keys first among them, so that nothing of one
 * tenant is ever used for another. A digest, because the identity holds secrets.
 */
function identityOf(options: ResolvableOptions): string {
  return createHash('sha256').update(canonical(options)).digest('base64url')
}

const functionIds = new WeakMap<object, number>()
let functionCount = 0

/** Functions and stores are the same when they are the same object. */
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
  const prototype = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return idOf(value)
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  members.sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(',')}}`
}
