import { randomUUID } from 'node:crypto'
import type { BusEngine, StoredRevocation } from './bus-engine.js'
import { openRedisCalls, type RedisCalls } from './redis-calls.js'
import { redisAwayCause } from './redis-causes.js'
import type { OpenRedisSession } from './redis-session.js'

const PAGE_ENTRIES = 500

/**
 * A sorted set (member: the target, score: the moment) and a channel of the same name. In a cluster both are used through
 * the node that has the set; a message that is published at one node reaches the subscribers of all.
 */
export function createRedisEngine(open: OpenRedisSession, key: string, timeoutMs: number): BusEngine {
  /** Its own, so that a heartbeat makes no work for other processes. */
  const heartbeatChannel = `${key}:heartbeat:${randomUUID()}`
  let calls: RedisCalls | null = null
  let session = new AbortController()

  async function command(...args: readonly (string | number)[]): Promise<unknown> {
    if (calls === null) throw new Error('The connection was closed')
    return calls.command(...args)
  }

  async function pageFrom(min: string | number, max: string | number, limit: number): Promise<StoredRevocation[]> {
    const reply = await command('ZRANGEBYSCORE', key, min, max, 'WITHSCORES', 'LIMIT', 0, limit)
    // RESP3 answers with pairs, RESP2 with a flat list.
    const flat = (reply as unknown[]).flat()
    const page: StoredRevocation[] = []
    for (let i = 0; i + 1 < flat.length; i += 2) page.push({ target: String(flat[i]), atMs: momentOf(flat[i + 1]) })
    return page
  }

  return {
    maxMessageBytes: Infinity,

    async connect({ onMessage, onLost }) {
      session.abort(new Error('The connection was closed'))
      session = new AbortController()
      const { signal } = session
      const opened = await openRedisCalls(open, { key, timeoutMs, signal, onLost })
      await opened.subscribe([key, heartbeatChannel], onMessage)
      calls = opened
    },

    /**
     * Page by page in the order of moments, from the last moment of the page before. A member that moves meanwhile moves
     * to a later page. `ZSCAN` would not do: where the set moves to another node, its cursor means nothing there.
     */
    async *load() {
      let min: string | number = '-inf'
      for (;;) {
        const page = await pageFrom(min, '+inf', PAGE_ENTRIES)
        yield page
        const last = page.at(-1)
        if (last === undefined || page.length < PAGE_ENTRIES) return
        if (page[0]?.atMs === last.atMs) {
          // More members of one moment than a page holds.
          yield await pageFrom(last.atMs, last.atMs, -1)
          min = `(${last.atMs}`
        } else {
          min = last.atMs
        }
      }
    },

    async share(revocations, messages, retentionMs) {
      const scored = revocations.flatMap(({ target, atMs }) => [atMs, target])
      await Promise.all([command('ZADD', key, 'GT', ...scored), command('PEXPIRE', key, Math.ceil(retentionMs))])
      await Promise.all(messages.map((message) => command('PUBLISH', key, message)))
    },

    async beat(message) {
      // Adds nothing. Refused as a revocation would be: by a replica, a node that has lost the set, a memory that is full.
      await command('ZADD', key, 'XX', 0, '')
      await command('PUBLISH', heartbeatChannel, message)
    },

    async holds({ target, atMs }) {
      // Adds nothing to the score of a member, and does not make one.
      const score = await command('ZADD', key, 'XX', 'INCR', 0, target)
      return score !== null && momentOf(score) >= atMs
    },

    async trim(beforeMs) {
      await command('ZREMRANGEBYSCORE', key, '-inf', beforeMs)
    },

    disconnect() {
      calls = null
      session.abort(new Error('The connection was closed'))
    },

    causeOf: redisAwayCause
  }
}

/** A stranger's member may have the score `inf`, by which a page may end: as NaN it would be no place to go on from. */
function momentOf(score: unknown): number {
  return Number(String(score).replace('inf', 'Infinity'))
}
