import { createDeferred } from '../core/deferred.js'
import type { Logger } from '../core/logger.js'
import type { RevocationPeer } from '../core/revocation/bus.js'
import type { Revocation } from '../core/revocation/revocation.js'
import { type SetTimer, setUnrefTimer, withinTime } from '../core/timers.js'
import type { BusEngine } from './bus-engine.js'
import type { Peers } from './peers.js'
import { createSharedStore } from './shared-store.js'
import { parseMessage } from './wire.js'

const RETRY_MS = 1_000
/** A message without revocations. */
const HEARTBEAT_MESSAGE = '[]'

/** The checked options of a bus that concern the link. */
export interface BusLinkSettings {
  readonly retentionInMs: number
  readonly openTimeoutInMs: number
  readonly heartbeatInMs: number
  readonly logger: Logger
  readonly now: () => number
  /** Default: real time, without keeping the process alive. */
  readonly setTimer?: SetTimer
}

/** An open bus, from its first peer until its last one has left. */
export interface BusLink {
  /** Null while connected. */
  readonly disconnectedSinceMs: number | null
  /** Gives a new peer the revocations of the store. Resolves when the peer has them, or when the engine takes too long. */
  join(peer: RevocationPeer): Promise<void>
  leave(peer: RevocationPeer): void
  /** False: the engine is away. */
  publish(revocation: Revocation): Promise<boolean>
  close(): Promise<void>
}

/**
 * After any failure the link is away. It is back when the engine is ready and a reconciliation has succeeded: subscribe,
 * read the whole store, share the revocations that this process holds and the store lacks. So no failure has to be told
 * from another: a lost message and a store that came back empty are mended the same way.
 */
export function createBusLink(engine: BusEngine, settings: BusLinkSettings, peers: Peers): BusLink {
  const { openTimeoutInMs, heartbeatInMs, logger, now, setTimer = setUnrefTimer } = settings
  const bus = engine.kind
  const store = createSharedStore(engine, peers, settings)
  /** Peers that have not been given the store yet. */
  const newcomers = new Set<RevocationPeer>()
  /** Called at the end of a reconciliation. */
  const waiting = new Set<() => void>()
  let disconnectedSinceMs: number | null = now()
  let isReconciling = false
  let isMoreKnown = false
  let losses = 0
  let isClosed = false
  let cancelRetry: (() => void) | null = null
  let heardSinceHeartbeat = true
  let queue: Revocation[] = []
  let flushing: Promise<boolean> | null = null
  let lastFlush: Promise<unknown> = Promise.resolve()

  function goAway(): void {
    if (disconnectedSinceMs !== null || isClosed) return
    disconnectedSinceMs = now()
    logger.warn({ bus }, 'revocation bus is away: revocations count in this process until it is back')
    retryIn(RETRY_MS)
  }

  function release(): void {
    for (const resolve of waiting) resolve()
    waiting.clear()
  }

  function retryIn(delayMs: number): void {
    if (isClosed) return
    cancelRetry?.()
    cancelRetry = setTimer(reconcile, delayMs)
  }

  async function reconcile(): Promise<void> {
    if (isReconciling || isClosed || !engine.isReady) return
    isReconciling = true
    cancelRetry?.()
    const lossesBefore = losses
    try {
      await engine.subscribe()
      await store.trim()
      let entries = 0
      do {
        // After a failure all peers may have missed messages.
        const hearers = disconnectedSinceMs === null ? [...newcomers] : null
        newcomers.clear()
        const shared = await store.load(hearers)
        do {
          isMoreKnown = false
          await store.shareMissing(shared)
        } while (isMoreKnown)
        entries = shared.size
      } while (newcomers.size > 0)
      if (isClosed) return
      // A connection that closed meanwhile and is ready again has lost its subscription.
      if (losses !== lossesBefore) throw new Error('a connection closed during reconciliation')
      if (disconnectedSinceMs !== null) logger.info({ bus, entries }, 'revocation bus is connected')
      disconnectedSinceMs = null
      heardSinceHeartbeat = true
      release()
    } catch (error) {
      goAway()
      logger.debug({ bus, err: error }, 'revocation bus could not be reconciled')
      retryIn(losses === lossesBefore ? RETRY_MS : 0)
    } finally {
      isReconciling = false
    }
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
      await store.share(revocations)
      await store.trim()
      return true
    } catch {
      goAway()
      return false
    }
  }

  /** A connection can be dead without being closed. A message to itself that came back shows that it is not. */
  function beat(): void {
    cancelBeat = setTimer(beat, heartbeatInMs)
    if (disconnectedSinceMs !== null) return
    if (heardSinceHeartbeat) {
      heardSinceHeartbeat = false
      engine.beat(HEARTBEAT_MESSAGE).catch(goAway)
      return
    }
    goAway()
    engine.reconnect()
  }

  engine.open({
    onReady: () => void reconcile(),
    onLost() {
      losses++
      goAway()
    },
    onMessage(message) {
      // A message that had arrived before this link was closed: peers that have joined since belong to another link.
      if (isClosed) return
      heardSinceHeartbeat = true
      const revocations = message === HEARTBEAT_MESSAGE ? [] : parseMessage(message)
      if (revocations.length > 0) peers.receive(revocations)
    }
  })
  let cancelBeat = setTimer(beat, heartbeatInMs)

  return {
    get disconnectedSinceMs() {
      return disconnectedSinceMs
    },

    async join(peer) {
      newcomers.add(peer)
      const back = createDeferred()
      waiting.add(back.resolve)
      void reconcile()
      await withinTime(back.promise, openTimeoutInMs, undefined, setTimer)
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
      cancelBeat()
      await engine.close()
    }
  }
}
