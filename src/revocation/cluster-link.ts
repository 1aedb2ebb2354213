import { createDeferred } from '../core/deferred.js'
import type { BusAwayCause } from '../core/revocation/bus.js'
import type { Revocation } from '../core/revocation/revocation.js'
import { systemNow } from '../core/steady-clock.js'
import { setUnrefTimer, withinTime } from '../core/timers.js'
import { createAvailability } from './availability.js'
import {
  type ClusterMessage,
  composeMessage,
  inMessages,
  type MessageRest,
  parseMessage,
  revocationsOf
} from './cluster-message.js'
import { createHeartbeat } from './heartbeat.js'
import type { Peers } from './peers.js'

/** A worker's way to its primary, from the first peer of the bus until its last one has left or the channel has closed. */
export interface ClusterLink {
  /** Null while connected. */
  readonly awaySinceMs: number | null
  /** Null while connected. */
  readonly cause: BusAwayCause | null
  /** Resolves when all peers have the primary's revocations, or when it takes too long. */
  load(timeoutMs: number): Promise<void>
  /** True: the primary has it. False: it lies in the channel until the primary goes on. */
  send(revocation: Revocation): Promise<boolean>
  close(): void
}

/**
 * Once the primary listens, the channel loses nothing and keeps the order. So a primary that answers has all that was sent before,
 * and this process all that it has passed on: after a hang one answer mends everything. While an answer is out, nothing more
 * is asked.
 */
export function openClusterLink(name: string, heartbeatInMs: number, peers: Peers): ClusterLink {
  const availability = createAvailability({ kind: 'cluster', logger: null, now: systemNow }, peers)
  const heartbeat = createHeartbeat(async (beat) => void post('beat', [], { beat }), heartbeatInMs, setUnrefTimer)
  /** Peers that wait for the primary's revocations, and requests for them that it has not answered. */
  const waiting = new Set<() => void>()
  let unanswered = 0
  let returnsBeats = false
  let isClosed = false
  let proof: Promise<boolean> | null = null
  let nextProof: Promise<boolean> | null = null
  /** Since the primary answered last: what the peers held then, and what they have made. */
  let heldBefore = peers.held()
  let made = 0

  const isAway = () => availability.awaySinceMs !== null

  /** Resolves when the channel has it, which takes until a primary that hangs goes on once the channel is full. */
  function post(type: ClusterMessage['type'], revocations: readonly Revocation[], rest: MessageRest): Promise<boolean> {
    return new Promise((resolve) => {
      if (process.send === undefined || !process.connected) resolve(false)
      else
        process.send(composeMessage(name, type, revocations, rest), undefined, undefined, (error) =>
          resolve(error === null)
        )
    })
  }

  function onMessage(value: unknown): void {
    const message = parseMessage(value, name)
    if (message?.type === 'revoked') peers.receive(revocationsOf(message))
    if (message?.type === 'relaying') startOver()
    if (message?.type === 'beat' && heartbeat.takes(String(message.beat))) comeBack()
    if (message?.type !== 'loaded') return
    returnsBeats = message.returnsBeats === true
    comeBack()
    // The primary answers in order: with the last answer each peer has heard everything.
    unanswered = Math.max(0, unanswered - 1)
    if (unanswered === 0) release()
  }

  /** The primary has begun to listen after this process had spoken to it, or has begun anew: it knows nothing. */
  function startOver(): void {
    for (const batch of inMessages(peers.known())) void post('revoked', batch, {})
    unanswered = 0
    askForAll()
    // After the revocations: whoever waits for the answer to a message that is lost learns that the primary has them.
    heartbeat.resend()
  }

  function askForAll(): void {
    unanswered++
    void post('load', [], { retentionMs: peers.retentionMs() })
  }

  function comeBack(): void {
    const entries = peers.held()
    availability.comeBack({ entries, received: Math.max(0, entries - heldBefore - made), sent: made })
    heldBefore = entries
    made = 0
  }

  function release(): void {
    for (const resolve of waiting) resolve()
    waiting.clear()
  }

  /** Whether the primary answers now, and so has all that was sent before. */
  function prove(): Promise<boolean> {
    nextProof ??= Promise.resolve(proof).then(() => {
      nextProof = null
      proof = ask()
      return proof
    })
    return nextProof
  }

  async function ask(): Promise<boolean> {
    if (isAway()) return false
    const isHeard = await heartbeat.prove()
    if (isClosed) return false
    if (!isHeard) availability.goAway('timeout', 'the primary does not answer')
    return isHeard
  }

  async function beat(): Promise<void> {
    if (returnsBeats) await prove()
    else if (isAway()) availability.goAway('timeout', 'the primary has not answered')
  }

  process.on('message', onMessage)
  const stopBeating = heartbeat.repeat(beat)

  return {
    get awaySinceMs() {
      return availability.awaySinceMs
    },

    get cause() {
      return availability.cause
    },

    async load(timeoutMs) {
      // A request that nobody waits for any more was lost, for instance because the primary did not listen yet.
      if (waiting.size === 0) unanswered = 0
      const loaded = createDeferred()
      waiting.add(loaded.resolve)
      askForAll()
      await withinTime(loaded.promise, timeoutMs, undefined, setUnrefTimer)
      waiting.delete(loaded.resolve)
    },

    async send(revocation) {
      made++
      const isSent = post('revoked', [revocation], { retentionMs: peers.retentionMs() })
      if (isAway()) return false
      return returnsBeats ? prove() : isSent
    },

    close() {
      isClosed = true
      process.off('message', onMessage)
      stopBeating()
      heartbeat.giveUp()
      release()
    }
  }
}
