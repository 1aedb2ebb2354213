import type { BusEngine, StoredRevocation } from './bus-engine.js'
import { openConnection, type RedisClient } from './redis-connection.js'

const SCAN_COUNT = 500

/**
 * A sorted set (member: the target, score: the moment) and a channel of the same name, over two connections, because one
 * that is subscribed can send no other commands.
 */
export function createRedisEngine(client: RedisClient, key: string, commandTimeoutMs: number): BusEngine {
  const writer = openConnection(client, commandTimeoutMs)
  const listener = openConnection(client, commandTimeoutMs)

  async function call(command: string, ...args: (string | number)[]): Promise<unknown> {
    return writer.call(command, ...args)
  }

  return {
    kind: 'redis',
    maxMessageBytes: Infinity,

    get isReady() {
      return writer.status === 'ready' && listener.status === 'ready'
    },

    open({ onReady, onLost, onMessage }) {
      listener.on('message', (_channel: never, message: never) => onMessage(String(message)))
      for (const connection of [writer, listener]) {
        connection.on('ready', onReady)
        connection.on('close', () => onLost(new Error('the connection closed')))
      }
    },

    async subscribe() {
      await listener.subscribe(key)
    },

    /** `ZSCAN` may return a member twice, and returns every member that is there throughout the scan. */
    async *load() {
      let cursor = '0'
      do {
        const [next, flat] = (await call('ZSCAN', key, cursor, 'COUNT', SCAN_COUNT)) as [string, string[]]
        const batch: StoredRevocation[] = []
        for (let i = 0; i + 1 < flat.length; i += 2) batch.push({ target: String(flat[i]), atMs: Number(flat[i + 1]) })
        yield batch
        cursor = String(next)
      } while (cursor !== '0')
    },

    async share(revocations, messages, retentionMs) {
      const scored = revocations.flatMap(({ target, atMs }) => [atMs, target])
      // Redis runs the commands of one connection in order: one round trip for all.
      await Promise.all([
        call('ZADD', key, 'GT', ...scored),
        ...messages.map((message) => call('PUBLISH', key, message)),
        call('PEXPIRE', key, Math.ceil(retentionMs))
      ])
    },

    async beat(message) {
      await call('PUBLISH', key, message)
    },

    async trim(beforeMs) {
      await call('ZREMRANGEBYSCORE', key, '-inf', beforeMs)
    },

    reconnect() {
      listener.disconnect(true)
      writer.disconnect(true)
    },

    async close() {
      writer.disconnect()
      listener.disconnect()
    }
  }
}
