import cluster, { type Worker } from 'node:cluster'
import { now, text, wholeNumber } from '../core/options/readers.js'
import { type OptionTable, readOptions } from '../core/options/table.js'
import { RevocationStore } from '../core/revocation/revocation-store.js'
import { MACHINE_TOKEN_LIFETIME_MS } from '../core/revocation/revocations.js'
import {
  type ClusterMessage,
  composeMessage,
  DEFAULT_CLUSTER_BUS,
  inMessages,
  parseMessage,
  revocationsOf
} from './cluster-message.js'

export interface RevocationRelayOptions {
  /** The name of the workers' bus. Default `fastify-clerk-auth`. */
  readonly name?: string | undefined
  /** How long the primary keeps revocations for workers that start later. Default 3600000 (an hour), 1000 to 2592000000 (30 days). */
  readonly retentionInMs?: number | undefined
  /** Most revocations kept; beyond it the oldest are replaced by one for everyone. Default 250000, 1 to 10000000. */
  readonly maxEntries?: number | undefined
  /** Milliseconds since the epoch. Default `Date.now`. */
  readonly now?: (() => number) | undefined
}

const MAX_RETENTION_MS = 2_592_000_000

export const RELAY = {
  name: text({ default: DEFAULT_CLUSTER_BUS }),
  retentionInMs: wholeNumber({ min: 1_000, max: MAX_RETENTION_MS, default: 3_600_000 }),
  maxEntries: wholeNumber({ min: 1, max: 10_000_000, default: 250_000 }),
  now
} satisfies OptionTable<RevocationRelayOptions>

/**
 * For the primary process of `node:cluster`: keeps the revocations of workers, passes them on to the other workers, and
 * sends them to workers that start later. To be called before the first worker is forked: until then each worker counts by
 * its own revocations, and a call later makes good what was missed. Returns a function that ends it. Throws the coded
 * error of a bad option.
 */
export function relayRevocations(options: RevocationRelayOptions = {}): () => void {
  const { name, maxEntries, now, ...settings } = readOptions(RELAY, options, { path: 'relayRevocations' })
  /** Raised when a worker needs revocations for longer, because it sees tokens that live longer. */
  let { retentionInMs } = settings
  const store = new RevocationStore(maxEntries)

  function onMessage(worker: Worker, value: unknown): void {
    const message = parseMessage(value, name)
    if (Number.isFinite(message?.retentionMs)) {
      retentionInMs = Math.min(MAX_RETENTION_MS, Math.max(retentionInMs, Number(message?.retentionMs)))
    }
    if (message?.type === 'load') {
      forgetOld()
      for (const revocations of inMessages(store)) send(worker, composeMessage(name, 'revoked', revocations))
      send(worker, composeMessage(name, 'loaded', [], { returnsBeats: true }))
    }
    if (message?.type === 'beat') send(worker, message)
    if (message?.type !== 'revoked') return
    for (const revocation of revocationsOf(message)) store.add(revocation)
    if (store.foldWhenFull(now()) !== null) forgetOld()
    sendAll(message, worker)
  }

  function forgetOld(): void {
    const nowMs = now()
    store.forgetThrough({
      sessionsMs: nowMs - retentionInMs,
      // The primary sees no tokens: it keeps what covers machine tokens for as long as Clerk's live.
      machinesMs: nowMs - Math.max(retentionInMs, MACHINE_TOKEN_LIFETIME_MS)
    })
  }

  const sweep = setInterval(forgetOld, Math.max(1_000, retentionInMs / 8))
  sweep.unref()
  cluster.on('message', onMessage)
  sendAll(composeMessage(name, 'relaying', []))
  return () => {
    clearInterval(sweep)
    cluster.off('message', onMessage)
  }
}

function sendAll(message: ClusterMessage, except?: Worker): void {
  for (const worker of Object.values(cluster.workers ?? {})) {
    if (worker !== undefined && worker !== except) send(worker, message)
  }
}

/**
 * A worker may have died without the primary having heard. Without a callback, Node would emit the error of the broken
 * channel on the worker, and end the primary.
 */
function send(worker: Worker, message: ClusterMessage): void {
  if (worker.isConnected()) worker.send(message, undefined, () => {})
}
