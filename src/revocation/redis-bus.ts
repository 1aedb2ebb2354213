import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Logger, silentLogger } from '../core/logger.js'
import type { RevocationBus, RevocationPeer } from '../core/revocation/bus.js'
import { parseRevocation, type Revocation, serializeRevocation } from '../core/revocation/revocation.js'
import { RevocationStore } from '../core/revocation/revocation-store.js'
import { assertRedisClient, openConnection, type RedisClient, type RedisConnection } from './redis-connection.js'

export interface RedisBusOptions {
  /** Redis 6.2 or later, or Valkey. The bus opens two connections of its own and leaves this one alone. */
  readonly client: RedisClient
  /** Sorted set and channel; one per Clerk instance when several share a Redis. Default `fastify-clerk-auth:revocations`. */
  readonly key?: string
  /** How long a revocation stays in Redis at least, in ms, default one hour. */
  readonly retentionMs?: number
  /** How long a start waits for Redis before it goes on without, in ms, default 2,000. */
  readonly openTimeoutMs?: number
  /** How often the way through Redis and back is tried, in ms, default 5,000. Commands time out after as long. */
  readonly heartbeatMs?: number
  readonly logger?: Logger
  readonly now?: () => number
}

const DEFAULT_KEY = 'fastify-clerk-auth:revocations'
const BATCH_ENTRIES = 500
const RETRY_MS = 1_000
const TRIM_INTERVAL_MS = 60_000
const HEARTBEAT_MESSAGE = '[]'

/**
 * A bus over Redis or Valkey: a channel for those who listen, a sorted set (member: whose, score: when) for those who
 * come later.
 *
 * One rule keeps it whole: after any failure the bus counts as away, and it is back when both connections stand and a
 * reconciliation went through: subscribe, read the whole set, add and publish what this process knows and the set
 * lacks. So it does not matter which message was lost, nor whether Redis came back empty.
 *
 * Throws `FST_CLERK_REVOCATION_REDIS_CLIENT` for what is no client.
 */
export function createRedisBus(options: RedisBusOptions): RevocationBus {
  assertRedisClient(options.client)
  const { key = DEFAULT_KEY, logger = silentLogger, now = Date.now } = options
  const { openTimeoutMs = 2_000, heartbeatMs = 5_000, retentionMs: minRetentionMs = 3_600_000 } = options

  let peer: RevocationPeer | null = null
  let writer: RedisConnection | null = null
  let listener: RedisConnection | null = null
  let disconnectedSinceMs: number | null = now()
  let isReconciling = false
  let isMoreKnown = false
  let closures = 0
  let isClosed = false
  let retry: NodeJS.Timeout | undefined
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
    clearTimeout(retry)
    retry = setTimeout(reconcile, delayMs)
    retry.unref()
  }

  async function reconcile(): Promise<void> {
    if (isReconciling || isClosed || writer?.status !== 'ready' || listener?.status !== 'ready') return
    isReconciling = true
    clearTimeout(retry)
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
      // A connection that closed meanwhile and stands again knows of no subscription.
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

  /** Reads the whole set. `ZSCAN` may repeat a member, but misses none that is there throughout. */
  async function load(): Promise<RevocationStore> {
    const shared = new RevocationStore(Infinity)
    let cursor = '0'
    do {
      const [next, flat] = (await call('ZSCAN', key, cursor, 'COUNT', BATCH_ENTRIES)) as [string, string[]]
      const revocations: Revocation[] = []
      for (let i = 0; i + 1 < flat.length; i += 2) {
        const ids = parseJson(flat[i])
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

  /** Into the set first: who subscribes in between finds it there. */
  async function share(revocations: readonly Revocation[]): Promise<void> {
    if (revocations.length === 0) return
    const rows = revocations.map(serializeRevocation)
    const scored = rows.flatMap((row) => [Number(row[3]), JSON.stringify(row.slice(0, 3))])
    // Commands of one connection run in order: one round trip for the three.
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
    return Math.max(minRetentionMs, peer?.retentionMs() ?? 0)
  }

  async function call(command: string, ...args: (string | number)[]): Promise<unknown> {
    if (writer === null) throw new Error('revocation bus is closed')
    return writer.call(command, ...args)
  }

  async function flush(): Promise<boolean> {
    // Revocations made in one go travel together.
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

  /** A connection can be dead without anyone closing it: only what comes back through Redis shows that it is not. */
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
    const rows = message === HEARTBEAT_MESSAGE ? null : parseJson(message)
    if (!Array.isArray(rows)) return
    peer?.receive(rows.map(parseRevocation).filter((revocation) => revocation !== null))
  }

  return {
    async open(newPeer) {
      peer = newPeer
      writer = openConnection(options.client, heartbeatMs)
      listener = openConnection(options.client, heartbeatMs)
      listener.on('message', onMessage)
      for (const connection of [writer, listener]) {
        connection.on('ready', () => void reconcile())
        connection.on('close', () => {
          closures++
          goAway()
        })
      }
      heartbeat = setInterval(beat, heartbeatMs)
      heartbeat.unref()
      await new Promise<void>((resolve) => {
        const timeout = setTimeout(resolve, openTimeoutMs)
        timeout.unref()
        onBack = () => {
          clearTimeout(timeout)
          onBack = null
          resolve()
        }
      })
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
      clearTimeout(retry)
      clearInterval(heartbeat)
      writer?.disconnect()
      listener?.disconnect()
      peer = null
    }
  }
}

function parseJson(text: unknown): unknown {
  try {
    return JSON.parse(String(text))
  } catch {
    return null
  }
}
