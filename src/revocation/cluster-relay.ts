import cluster, { type Worker } from 'node:cluster'
import type { Revocation } from '../core/revocation/revocation.js'
import { RevocationStore } from '../core/revocation/revocation-store.js'
import { composeMessage, DEFAULT_CLUSTER_BUS, parseMessage, revocationsOf } from './cluster-message.js'

export interface RevocationRelayOptions {
  /** The name of the workers' bus. Default `fastify-clerk-auth`. */
  readonly name?: string
  /** How long the primary keeps revocations for workers that start later, in ms, default one hour. */
  readonly retentionMs?: number
  /** Upper bound of the revocations kept, default 250,000; beyond it the oldest are replaced by one for everyone. */
  readonly maxEntries?: number
  readonly now?: () => number
}

const DEFAULT_RETENTION_MS = 3_600_000
/** How many revocations go into one message to a worker. */
const MESSAGE_ENTRIES = 1_000

/**
 * For the primary process of `node:cluster`: keeps the revocations of workers, passes them on to the other workers, and
 * sends them to workers that start later. To be called before the first worker is forked. Returns a function that ends
 * it.
 */
export function relayRevocations(options: RevocationRelayOptions = {}): () => void {
  const {
    name = DEFAULT_CLUSTER_BUS,
    retentionMs = DEFAULT_RETENTION_MS,
    maxEntries = 250_000,
    now = Date.now
  } = options
  const store = new RevocationStore(maxEntries)

  function onMessage(worker: Worker, value: unknown): void {
    const message = parseMessage(value, name)
    if (message?.type === 'load') {
      forgetOld()
      for (const revocations of inMessages(store)) worker.send(composeMessage(name, 'revoked', revocations))
      worker.send(composeMessage(name, 'loaded', []))
    }
    if (message?.type !== 'revoked') return
    for (const revocation of revocationsOf(message)) store.add(revocation)
    if (store.foldWhenFull(now())) forgetOld()
    for (const other of Object.values(cluster.workers ?? {})) {
      if (other !== undefined && other.id !== worker.id && other.isConnected()) other.send(message)
    }
  }

  function forgetOld(): void {
    store.dropThrough(now() - retentionMs)
    if (store.watermarkMs <= now() - retentionMs) store.lowerWatermark()
  }

  const sweep = setInterval(forgetOld, Math.max(1_000, retentionMs / 8))
  sweep.unref()
  cluster.on('message', onMessage)
  return () => {
    clearInterval(sweep)
    cluster.off('message', onMessage)
  }
}

function* inMessages(revocations: Iterable<Revocation>): Generator<Revocation[]> {
  let batch: Revocation[] = []
  for (const revocation of revocations) {
    batch.push(revocation)
    if (batch.length < MESSAGE_ENTRIES) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}
