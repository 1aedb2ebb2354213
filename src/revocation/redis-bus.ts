import { setImmediate as nextTurn } from 'node:timers/promises'
import { createDeferred } from '../core/deferred.js'
import { parseJson } from '../core/json.js'
import { type Logger, silentLogger } from '../core/logger.js'
import { logger, now, text, wholeNumber } from '../core/options/readers.js'
import { type OptionTable, option, readOptions } from '../core/options/table.js'
import type { RevocationBus, RevocationPeer } from '../core/revocation/bus.js'
import { parseRevocation, type Revocation, serializeRevocation } from '../core/revocation/revocation.js'
import { RevocationStore } from '../core/revocation/revocation-store.js'
import { setUnrefTimer, withinTime } from '../core/timers.js'
import { openConnection, type RedisClient, type RedisConnection, readRedisClient } from './redis-connection.js'

export interface RedisBusOptions {
  /** For Redis 6.2 or later, or Valkey. The bus opens two connections of its own and does not use this one. */
  readonly client: RedisClient
  /**
   * Name of the sorted set and the channel. Clerk instances that share a Redis need one each. Default
   * `fastify-clerk-auth:revocations`.
   */
  readonly key?: string | undefined
  /** Shortest time that a revocation stays in Redis. Default 3600000 (an hour), 1000 to 2592000000 (30 days). */
  readonly retentionInMs?: number | undefined
  /** How long a starting server waits for Redis before it starts without. Default 2000, 0 to 600000. */
  readonly openTimeoutInMs?: number | undefined
  /** Interval of the messages that the bus sends to itself through Redis; also the timeout of commands. Default 5000, 10 to 600000. */
  readonly heartbeatInMs?: number | undefined
  /** Default: none. */
  readonly logger?: Logger | undefined
  /** Milliseconds since the epoch. Default `Date.now`. */
  readonly now?: (() => number) | undefined
}

export const REDIS_BUS = {
  client: option<RedisClient, RedisClient>(readRedisClient),
  key: text({ default: 'fastify-clerk-auth:revocations' }),
  retentionInMs: wholeNumber({ min: 1_000, max: 2_592_000_000, default: 3_600_000 }),
  openTimeoutInMs: wholeNumber({ min: 0, max: 600_000, default: 2_000 }),
  heartbeatInMs: wholeNumber({ min: 10, max: 600_000, default: 5_000 }),
  logger,
  now
} satisfies OptionTable<RedisBusOptions>

const BATCH_ENTRIES = 500
const RETRY_MS = 1_000
const TRIM_INTERVAL_MS = 60_000
const HEARTBEAT_MESSAGE = '[]'

/**
 * A bus over Redis or Valkey: a channel for running processes, and a sorted set (member: the target, score: the moment)
 * for processes that start later.
 *
 * After any failure the bus is away. It is back when both connections are ready and a reconciliation has succeeded:
 * subscribe, read the whole set, add and publish the revocations that this process holds and the set lacks. So no
 * failure has to be told from another: a lost message and a Redis that came back empty are mended the same way.
 *
 * Throws `FST_CLERK_REVOCATION_REDIS_CLIENT` for a `client` that is not a client of ioredis or iovalkey, and the coded
 * error of another bad option.
 */
export function createRedisBus(options: RedisBusOptions): RevocationBus {
  const settings = readOptions(REDIS_BUS, options, { path: 'createRedisBus' })
  const { client, key, openTimeoutInMs, heartbeatInMs, now } = settings
  const logger = settings.logger ?? silentLogger

  let peer: RevocationPeer | null = null
  let writer: RedisConnection | null = null
  let listener: RedisConnection | null = null
  let disconnectedSinceMs: number | null = now()
  let isReconciling = false
  let isMoreKnown = false
  let closures = 0
  let isClosed = false
  let cancelRetry: (() => void) | null = null
  let heartbeat: NodeJS.Timeout | undefined
  let onBack: (() => void) | null = null
  let heardSinceHeartbeat = true
  let trimmedMs = -Infinity
  let queue: Revocation[] = []
  let flushing: Promise<boolean> | null = null
  let lastFlush: Promise<unknown> = Promise.resolve()

  function goAway(): void {
    if (disconnectedSinceMs !== null || isClosed) return
    disconnectedSinceMs = now()
    logger.warn({ bus: 'redis' }, 'revocation bus is away: revocations count in this process until it is back')
    retryIn(RETRY_MS)
  }

  function retryIn(delayMs: number): void {
    if (isClosed) return
    cancelRetry?.()
    cancelRetry = setUnrefTimer(reconcile, delayMs)
  }

  async function reconcile(): Promise<void> {
    if (isReconciling || isClosed || writer?.status !== 'ready' || listener?.status !== 'ready') return
    isReconciling = true
    cancelRetry?.()
    const closuresBefore = closures
    try {
      await listener.subscribe(key)
      await trim()
      const shared = await load()
      do {
        isMoreKnown = false
        await shareMissing(shared)
      } while (isMoreKnown)
      if (isClosed) return
      // A connection that closed meanwhile and is ready again has lost its subscription.
      if (closures !== closuresBefore) throw new Error('a connection closed during reconciliation')
      if (disconnectedSinceMs !== null)
        logger.info({ bus: 'redis', entries: shared.size }, 'revocation bus is connected')
      disconnectedSinceMs = null
      heardSinceHeartbeat = true
      onBack?.()
    } catch (error) {
      goAway()
      logger.debug({ bus: 'redis', err: error }, 'revocation bus could not be reconciled')
      retryIn(closures === closuresBefore ? RETRY_MS : 0)
    } finally {
      isReconciling = false
    }
  }

  /**
   * Reads the whole set. `ZSCAN` may return a member twice, and returns every member that is there throughout the scan.
   */
  async function load(): Promise<RevocationStore> {
    const shared = new RevocationStore(Infinity)
    let cursor = '0'
    do {
      const [next, flat] = (await call('ZSCAN', key, cursor, 'COUNT', BATCH_ENTRIES)) as [string, string[]]
      const revocations: Revocation[] = []
      for (let i = 0; i + 1 < flat.length; i += 2) {
        const ids = parseJson(String(flat[i]))
        const revocation = Array.isArray(ids) ? parseRevocation([...ids, Number(flat[i + 1])]) : null
        if (revocation === null) continue
        shared.add(revocation)
        revocations.push(revocation)
      }
      peer?.receive(revocations)
      cursor = String(next)
    } while (cursor !== '0')
    return shared
  }

  async function shareMissing(shared: RevocationStore): Promise<void> {
    let looked = 0
    let missing: Revocation[] = []
    for (const revocation of peer?.known() ?? []) {
      if (shared.add(revocation)) missing.push(revocation)
      if (missing.length === BATCH_ENTRIES) {
        await share(missing)
        missing = []
      } else if (++looked % BATCH_ENTRIES === 0) await nextTurn()
    }
    await share(missing)
  }

  /** Adds to the set before publishing: a process that subscribes in between finds the revocations in the set. */
  async function share(revocations: readonly Revocation[]): Promise<void> {
    if (revocations.length === 0) return
    const rows = revocations.map(serializeRevocation)
    const scored = rows.flatMap((row) => [Number(row[3]), JSON.stringify(row.slice(0, 3))])
    // Redis runs the commands of one connection in order: one round trip for all three.
    await Promise.all([
      call('ZADD', key, 'GT', ...scored),
      call('PUBLISH', key, JSON.stringify(rows)),
      call('PEXPIRE', key, Math.ceil(retentionMs()))
    ])
  }

  async function trim(): Promise<void> {
    if (now() - trimmedMs < TRIM_INTERVAL_MS) return
    trimmedMs = now()
    await call('ZREMRANGEBYSCORE', key, '-inf', now() - retentionMs())
  }

  function retentionMs(): number {
    return Math.max(settings.retentionInMs, peer?.retentionMs() ?? 0)
  }

  async function call(command: string, ...args: (string | number)[]): Promise<unknown> {
    if (writer === null) throw new Error('revocation bus is closed')
    return writer.call(command, ...args)
  }

  async function flush(): Promise<boolean> {
    // Wait for the end of this turn: revocations made in one turn go in one batch.
    await Promise.resolve()
    flushing = null
    const revocations = queue
    queue = []
    isMoreKnown = true
    if (disconnectedSinceMs !== null) return false
    try {
      for (let i = 0; i < revocations.length; i += BATCH_ENTRIES) await share(revocations.slice(i, i + BATCH_ENTRIES))
      await trim()
      return true
    } catch {
      goAway()
      return false
    }
  }

  /** A connection can be dead without being closed. A message to itself that came back shows that it is not. */
  function beat(): void {
    if (disconnectedSinceMs !== null) return
    if (heardSinceHeartbeat) {
      heardSinceHeartbeat = false
      call('PUBLISH', key, HEARTBEAT_MESSAGE).catch(goAway)
      return
    }
    goAway()
    listener?.disconnect(true)
    writer?.disconnect(true)
  }

  function onMessage(_channel: never, message: never): void {
    heardSinceHeartbeat = true
    const rows = message === HEARTBEAT_MESSAGE ? null : parseJson(String(message))
    if (!Array.isArray(rows)) return
    peer?.receive(rows.map(parseRevocation).filter((revocation) => revocation !== null))
  }

  return {
    async open(newPeer) {
      peer = newPeer
      writer = openConnection(client, heartbeatInMs)
      listener = openConnection(client, heartbeatInMs)
      listener.on('message', onMessage)
      for (const connection of [writer, listener]) {
        connection.on('ready', () => void reconcile())
        connection.on('close', () => {
          closures++
          goAway()
        })
      }
      heartbeat = setInterval(beat, heartbeatInMs)
      heartbeat.unref()
      const back = createDeferred()
      onBack = back.resolve
      await withinTime(back.promise, openTimeoutInMs, undefined, setUnrefTimer)
    },

    publish(revocation) {
      queue.push(revocation)
      if (flushing === null) {
        flushing = flush()
        lastFlush = flushing
      }
      return flushing
    },

    health: () => ({ kind: 'redis', connected: disconnectedSinceMs === null, disconnectedSinceMs }),

    async close() {
      await lastFlush
      isClosed = true
      onBack?.()
      cancelRetry?.()
      clearInterval(heartbeat)
      writer?.disconnect()
      listener?.disconnect()
      peer = null
    }
  }
}
