import { setImmediate as nextTurn } from 'node:timers/promises'
import { createDeferred } from '../core/deferred.js'
import { parseJson } from '../core/json.js'
import type { Logger } from '../core/logger.js'
import type { RevocationPeer } from '../core/revocation/bus.js'
import { parseRevocation, type Revocation, serializeRevocation } from '../core/revocation/revocation.js'
import { RevocationStore } from '../core/revocation/revocation-store.js'
import { setUnrefTimer, withinTime } from '../core/timers.js'
import type { Peers } from './peers.js'
import { openConnection, type RedisClient } from './redis-connection.js'

const BATCH_ENTRIES = 500
const RETRY_MS = 1_000
const TRIM_INTERVAL_MS = 60_000
const HEARTBEAT_MESSAGE = '[]'

/** The checked options of the bus. */
export interface RedisLinkSettings {
  readonly client: RedisClient
  readonly key: string
  readonly retentionInMs: number
  readonly openTimeoutInMs: number
  readonly heartbeatInMs: number
  readonly logger: Logger
  readonly now: () => number
}

/** The two connections of an open bus, from its first peer until its last one has left. */
export interface RedisLink {
  /** Null while connected. */
  readonly disconnectedSinceMs: number | null
  /** Gives a new peer the revocations of the set. Resolves when the peer has them, or when Redis takes too long. */
  join(peer: RevocationPeer): Promise<void>
  leave(peer: RevocationPeer): void
  /** False: Redis is away. */
  publish(revocation: Revocation): Promise<boolean>
  close(): Promise<void>
}

/**
 * After any failure the link is away. It is back when both connections are ready and a reconciliation has succeeded:
 * subscribe, read the whole set, add and publish the revocations that this process holds and the set lacks. So no
 * failure has to be told from another: a lost message and a Redis that came back empty are mended the same way.
 */
export function createRedisLink(settings: RedisLinkSettings, peers: Peers): RedisLink {
  const { client, key, openTimeoutInMs, heartbeatInMs, logger, now } = settings

  const writer = openConnection(client, heartbeatInMs)
  const listener = openConnection(client, heartbeatInMs)
  /** Peers that have not been given the set yet. */
  const newcomers = new Set<RevocationPeer>()
  /** Called at the end of a reconciliation. */
  const waiting = new Set<() => void>()
  let disconnectedSinceMs: number | null = now()
  let isReconciling = false
  let isMoreKnown = false
  let closures = 0
  let isClosed = false
  let cancelRetry: (() => void) | null = null
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

  function release(): void {
    for (const resolve of waiting) resolve()
    waiting.clear()
  }

  function retryIn(delayMs: number): void {
    if (isClosed) return
    cancelRetry?.()
    cancelRetry = setUnrefTimer(reconcile, delayMs)
  }

  async function reconcile(): Promise<void> {
    if (isReconciling || isClosed || writer.status !== 'ready' || listener.status !== 'ready') return
    isReconciling = true
    cancelRetry?.()
    const closuresBefore = closures
    try {
      await listener.subscribe(key)
      await trim()
      let entries = 0
      do {
        const shared = await load()
        do {
          isMoreKnown = false
          await shareMissing(shared)
        } while (isMoreKnown)
        entries = shared.size
      } while (newcomers.size > 0)
      if (isClosed) return
      // A connection that closed meanwhile and is ready again has lost its subscription.
      if (closures !== closuresBefore) throw new Error('a connection closed during reconciliation')
      if (disconnectedSinceMs !== null) logger.info({ bus: 'redis', entries }, 'revocation bus is connected')
      disconnectedSinceMs = null
      heardSinceHeartbeat = true
      release()
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
    // After a failure all peers may have missed messages.
    const hearers = disconnectedSinceMs === null ? [...newcomers] : null
    newcomers.clear()
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
      if (hearers === null) peers.receive(revocations)
      else for (const peer of hearers) peer.receive(revocations)
      cursor = String(next)
    } while (cursor !== '0')
    return shared
  }

  async function shareMissing(shared: RevocationStore): Promise<void> {
    let looked = 0
    let missing: Revocation[] = []
    for (const revocation of peers.known()) {
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
    return Math.max(settings.retentionInMs, peers.retentionMs())
  }

  async function call(command: string, ...args: (string | number)[]): Promise<unknown> {
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
    listener.disconnect(true)
    writer.disconnect(true)
  }

  function onMessage(_channel: never, message: never): void {
    // A message that had arrived before this link was closed: peers that have joined since belong to another link.
    if (isClosed) return
    heardSinceHeartbeat = true
    const rows = message === HEARTBEAT_MESSAGE ? null : parseJson(String(message))
    if (!Array.isArray(rows)) return
    peers.receive(rows.map(parseRevocation).filter((revocation) => revocation !== null))
  }

  listener.on('message', onMessage)
  for (const connection of [writer, listener]) {
    connection.on('ready', () => void reconcile())
    connection.on('close', () => {
      closures++
      goAway()
    })
  }
  const heartbeat = setInterval(beat, heartbeatInMs)
  heartbeat.unref()

  return {
    get disconnectedSinceMs() {
      return disconnectedSinceMs
    },

    async join(peer) {
      newcomers.add(peer)
      const back = createDeferred()
      waiting.add(back.resolve)
      void reconcile()
      await withinTime(back.promise, openTimeoutInMs, undefined, setUnrefTimer)
      waiting.delete(back.resolve)
    },

    leave: (peer) => void newcomers.delete(peer),

    publish(revocation) {
      queue.push(revocation)
      if (flushing === null) {
        flushing = flush()
        lastFlush = flushing
      }
      return flushing
    },

    async close() {
      await lastFlush
      isClosed = true
      release()
      cancelRetry?.()
      clearInterval(heartbeat)
      writer.disconnect()
      listener.disconnect()
    }
  }
}
