import { createDeferred } from '../core/deferred.js'
import type { BusAwayCause, RevocationPeer } from '../core/revocation/bus.js'
import type { Revocation } from '../core/revocation/revocation.js'
import { type SetTimer, setUnrefTimer, withinTime } from '../core/timers.js'
import { type AvailabilitySettings, createAvailability } from './availability.js'
import type { BusEngine } from './bus-engine.js'
import { createHeartbeat } from './heartbeat.js'
import type { Peers } from './peers.js'
import { createSharedStore } from './shared-store.js'
import { parseMessage } from './wire.js'

const MIN_RETRY_MS = 50
const MAX_RETRY_MS = 1_000

/** The checked options of a bus that concern the link. */
export interface BusLinkSettings extends AvailabilitySettings {
  readonly retentionInMs: number
  readonly openTimeoutInMs: number
  readonly heartbeatInMs: number
  /** Default: real time, without keeping the process alive. */
  readonly setTimer?: SetTimer
  /** Default `Math.random`. */
  readonly random?: () => number
}

/** An open bus, from its first peer until its last one has left. */
export interface BusLink {
  /** Null while connected. */
  readonly disconnectedSinceMs: number | null
  /** Null while connected. */
  readonly cause: BusAwayCause | null
  /** Gives a new peer the revocations of the store. Resolves when the peer has them, or when the engine takes too long. */
  join(peer: RevocationPeer): Promise<void>
  leave(peer: RevocationPeer): void
  /** False: the engine is away. */
  publish(revocation: Revocation): Promise<boolean>
  close(): Promise<void>
}

/**
 * After any failure the link is away. It is back when it has connected anew, heard itself, and reconciled: read the whole
 * store, and shared the revocations that this process holds and the store lacks. So no failure has to be told from
 * another: a lost message and a store that came back empty are mended the same way.
 */
export function createBusLink(engine: BusEngine, settings: BusLinkSettings, peers: Peers): BusLink {
  const { openTimeoutInMs, heartbeatInMs, setTimer = setUnrefTimer, random = Math.random } = settings
  const availability = createAvailability(settings, peers)
  const store = createSharedStore(engine, peers, settings)
  const heartbeat = createHeartbeat((message) => engine.beat(message), heartbeatInMs, setTimer)
  /** Peers that have not been given the store yet. */
  const newcomers = new Set<RevocationPeer>()
  /** Called at the end of a reconciliation. */
  const waiting = new Set<() => void>()
  let isReconciling = false
  let isMoreKnown = false
  let losses = 0
  let failures = 0
  let isClosed = false
  let cancelRetry: (() => void) | null = null
  let queue: Revocation[] = []
  let flushing: Promise<boolean> | null = null
  let lastFlush: Promise<unknown> = Promise.resolve()

  const isAway = () => availability.awaySinceMs !== null

  function lose(cause: BusAwayCause, error: unknown): void {
    if (isClosed) return
    losses++
    engine.disconnect()
    heartbeat.giveUp()
    availability.goAway(cause, error)
    if (!isReconciling) retry()
  }

  const fail = (error: unknown): void => lose(engine.causeOf(error), error)

  function release(): void {
    for (const resolve of waiting) resolve()
    waiting.clear()
  }

  /**
   * 50 ms, doubling to one second, less a random part of up to half, so that the processes of a fleet do not connect at
   * once.
   */
  function retry(): void {
    cancelRetry?.()
    const delayMs = Math.min(MAX_RETRY_MS, MIN_RETRY_MS * 2 ** Math.min(failures++, 5))
    cancelRetry = setTimer(reconcile, Math.ceil(delayMs * (1 - random() / 2)))
  }

  async function reconcile(): Promise<void> {
    if (isReconciling || isClosed) return
    isReconciling = true
    cancelRetry?.()
    const lossesBefore = losses
    const wasAway = isAway()
    try {
      if (wasAway) {
        await engine.connect({ onMessage, onLost: fail })
        await prove()
        if (losses !== lossesBefore) return
      }
      await store.trim()
      const heldBefore = peers.held()
      let sent = 0
      let entries = 0
      let received = 0
      do {
        // After a failure all peers may have missed messages.
        const hearers = wasAway ? null : [...newcomers]
        newcomers.clear()
        const shared = await store.load(hearers)
        received = Math.max(0, peers.held() - heldBefore)
        do {
          isMoreKnown = false
          sent += await store.shareMissing(shared)
        } while (isMoreKnown)
        entries = shared.size
      } while (newcomers.size > 0)
      // A connection that closed meanwhile has lost its subscription.
      if (isClosed || losses !== lossesBefore) return
      failures = 0
      availability.comeBack({ entries, received, sent })
      release()
    } catch (error) {
      // After a loss, this error is its consequence.
      if (losses === lossesBefore) fail(error)
    } finally {
      isReconciling = false
      if (isAway() && !isClosed) retry()
    }
  }

  /** A connection can be dead without being closed, and a channel can take messages that it does not deliver. */
  async function prove(): Promise<void> {
    const lossesBefore = losses
    const isHeard = await heartbeat.prove()
    if (!isHeard && losses === lossesBefore) lose('silent', 'a heartbeat did not come back')
  }

  async function flush(): Promise<boolean> {
    // Wait for the end of this turn: revocations made in one turn go in one batch.
    await Promise.resolve()
    flushing = null
    const revocations = queue
    queue = []
    isMoreKnown = true
    if (isAway()) return false
    const lossesBefore = losses
    try {
      await store.share(revocations)
      await store.trim()
      return true
    } catch (error) {
      if (losses === lossesBefore) fail(error)
      return false
    }
  }

  async function beat(): Promise<void> {
    if (isAway()) return
    const lossesBefore = losses
    try {
      await prove()
      if (losses === lossesBefore && !(await store.isWhole())) await reconcile()
    } catch (error) {
      if (losses === lossesBefore) fail(error)
    }
  }

  function onMessage(message: string): void {
    // A message that had arrived before this link was closed: peers that have joined since belong to another link.
    if (isClosed) return
    if (heartbeat.takes(message)) return
    const revocations = parseMessage(message)
    if (revocations.length > 0) peers.receive(revocations)
  }

  const stopBeating = heartbeat.repeat(beat)

  return {
    get disconnectedSinceMs() {
      return availability.awaySinceMs
    },

    get cause() {
      return availability.cause
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
      stopBeating()
      engine.disconnect()
    }
  }
}
