import { setImmediate as nextTurn } from 'node:timers/promises'
import type { RevocationPeer } from '../core/revocation/bus.js'
import type { Revocation } from '../core/revocation/revocation.js'
import { RevocationStore } from '../core/revocation/revocation-store.js'
import type { BusEngine } from './bus-engine.js'
import type { Peers } from './peers.js'
import { composeMessages, fromStored, toStored } from './wire.js'

const BATCH_ENTRIES = 500
const TRIM_INTERVAL_MS = 60_000

export interface SharedStoreSettings {
  readonly retentionInMs: number
  readonly now: () => number
}

/** The store of an engine, which all processes share, in terms of revocations and peers. */
export interface SharedStore {
  /** Gives the whole store to the peers, to all if none are named, and returns it. */
  load(hearers: readonly RevocationPeer[] | null): Promise<RevocationStore>
  /** Shares the revocations that the peers hold and `shared`, which is completed, lacks. Returns their number. */
  shareMissing(shared: RevocationStore): Promise<number>
  share(revocations: readonly Revocation[]): Promise<void>
  /**
   * Whether the store still has what the peers hold, judged by one revocation. It can be emptied while every connection
   * stays: by `FLUSHALL`, an eviction, `truncate`, or a proxy that moves to another server.
   */
  isWhole(): Promise<boolean>
  /** Removes what no process needs any more, at most once a minute. */
  trim(): Promise<void>
}

export function createSharedStore(engine: BusEngine, peers: Peers, settings: SharedStoreSettings): SharedStore {
  const { now } = settings
  let trimmedMs = -Infinity

  async function load(hearers: readonly RevocationPeer[] | null): Promise<RevocationStore> {
    const shared = new RevocationStore(Infinity)
    for await (const batch of engine.load()) {
      const revocations = batch.map(fromStored).filter((revocation) => revocation !== null)
      for (const revocation of revocations) shared.add(revocation)
      if (hearers === null) peers.receive(revocations)
      else for (const peer of hearers) peer.receive(revocations)
    }
    return shared
  }

  async function shareMissing(shared: RevocationStore): Promise<number> {
    let looked = 0
    let count = 0
    let missing: Revocation[] = []
    for (const revocation of peers.known()) {
      if (shared.add(revocation)) {
        count++
        missing.push(revocation)
      }
      if (missing.length === BATCH_ENTRIES) {
        await share(missing)
        missing = []
      } else if (++looked % BATCH_ENTRIES === 0) await nextTurn()
    }
    await share(missing)
    return count
  }

  async function share(revocations: readonly Revocation[]): Promise<void> {
    for (let i = 0; i < revocations.length; i += BATCH_ENTRIES) {
      const batch = revocations.slice(i, i + BATCH_ENTRIES)
      await engine.share(batch.map(toStored), composeMessages(batch, engine.maxMessageBytes), retentionMs())
    }
  }

  async function isWhole(): Promise<boolean> {
    const trimmedThroughMs = now() - retentionMs()
    let known: Revocation | null = null
    for (const revocation of peers.known()) {
      if (revocation.atMs <= trimmedThroughMs) continue
      known = revocation
      // One for everyone may be that of a full process, which the store gets with the next reconciliation only.
      if (!revocation.kind.startsWith('all-')) break
    }
    return known === null || engine.holds(toStored(known))
  }

  async function trim(): Promise<void> {
    if (now() - trimmedMs < TRIM_INTERVAL_MS) return
    trimmedMs = now()
    await engine.trim(now() - retentionMs())
  }

  function retentionMs(): number {
    return Math.max(settings.retentionInMs, peers.retentionMs())
  }

  return { load, shareMissing, share, isWhole, trim }
}
