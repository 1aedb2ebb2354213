import { LRUCache } from 'lru-cache'
import { logLine } from '../core/log-lines.js'
import type { Logger } from '../core/logger.js'
import { changedMembers, likenessOf } from './instance-identity.js'
import type { InstanceOptions } from './resolver-options.js'

/** The third instance of like options is told: two may be meant. */
const MANY = 3
const MAX_LIKENESSES = 100

interface Like {
  count: number
  options: InstanceOptions
}

/**
 * Is told of each instance that is built. Warns once of a resolver that makes functions anew for each request: a function
 * equals itself alone, so each request gets an instance of its own, without a verified token or a key.
 */
export function createMadeAnewWatch(log: Logger): (options: InstanceOptions) => void {
  const likes = new LRUCache<string, Like>({ maxSize: MAX_LIKENESSES, sizeCalculation: () => 1 })
  let isTold = false

  return (options) => {
    if (isTold) return
    const likeness = likenessOf(options)
    const { count, options: before } = likes.get(likeness) ?? { count: 0, options }
    const members = changedMembers(options, before)
    likes.set(likeness, { count: members.length === 0 ? 1 : count + 1, options })
    if (count + 1 < MANY || members.length === 0) return
    isTold = true
    likes.clear()
    logLine(log, 'resolver-makes-anew', { members })
  }
}
