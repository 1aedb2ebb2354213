import cluster, { type Worker } from 'node:cluster'
import type { RevocationBus, RevocationPeer } from '../core/revocation/bus.js'
import { parseRevocation, type Revocation, serializeRevocation } from '../core/revocation/revocation.js'
import { RevocationStore } from '../core/revocation/revocation-store.js'

export interface ClusterBusOptions {
  /** Tells several buses of one cluster apart. Default: `fastify-clerk-auth`. */
  readonly name?: string
  /** How long a worker waits for the primary when it starts, in ms, default 2,000. */
  readonly openTimeoutMs?: number
}

export interface RevocationRelayOptions {
  readonly name?: string
  /** How long the primary remembers revocations for workers that start later, in ms, default one hour. */
  readonly retentionMs?: number
  /** Upper bound of what it remembers, default 250,000; beyond it the oldest count for everyone. */
  readonly maxEntries?: number
  readonly now?: () => number
}

interface ClusterMessage {
  readonly clerkRevocationBus: string
  readonly type: 'load' | 'loaded' | 'revoked'
  readonly revocations: readonly (readonly unknown[])[]
}

const DEFAULT_NAME = 'fastify-clerk-auth'
const DEFAULT_RETENTION_MS = 3_600_000
const MESSAGE_ENTRIES = 1_000

/**
 * For the primary process of `node:cluster`: remembers what workers revoke, passes it on to the others, and tells
 * workers that start later. To be called before the first worker is forked. Returns what ends it.
 */
export function relayRevocations(options: RevocationRelayOptions = {}): () => void {
  const { name = DEFAULT_NAME, retentionMs = DEFAULT_RETENTION_MS, maxEntries = 250_000, now = Date.now } = options
  const store = new RevocationStore(maxEntries)

  function onMessage(worker: Worker, value: unknown): void {
    const message = parseMessage(value, name)
    if (message?.type === 'load') {
      forgetOld()
      for (const revocations of inMessages(store)) worker.send(compose(name, 'revoked', revocations))
      worker.send(compose(name, 'loaded', []))
    }
    if (message?.type !== 'revoked') return
    for (const revocation of parseAll(message)) store.add(revocation)
    if (store.foldWhenFull()) forgetOld()
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

/**
 * A bus between the workers of `node:cluster`, by way of the primary, which has to call `relayRevocations()`. In a
 * process without a primary there is nobody to tell, and that is fine.
 */
export function createClusterBus(options: ClusterBusOptions = {}): RevocationBus {
  const { name = DEFAULT_NAME, openTimeoutMs = 2_000 } = options
  let peer: RevocationPeer | null = null
  let onLoaded: (() => void) | null = null
  let disconnectedSinceMs: number | null = cluster.isWorker ? Date.now() : null

  function onMessage(value: unknown): void {
    const message = parseMessage(value, name)
    if (message?.type === 'revoked') peer?.receive(parseAll(message))
    if (message?.type !== 'loaded') return
    disconnectedSinceMs = null
    onLoaded?.()
  }

  function onDisconnect(): void {
    disconnectedSinceMs = Date.now()
  }

  function send(message: ClusterMessage): Promise<boolean> {
    return new Promise((resolve) => {
      if (process.send === undefined || !process.connected) resolve(!cluster.isWorker)
      else process.send(message, undefined, undefined, (error) => resolve(error === null))
    })
  }

  return {
    async open(newPeer) {
      peer = newPeer
      if (!cluster.isWorker) return
      process.on('message', onMessage)
      process.on('disconnect', onDisconnect)
      await new Promise<void>((resolve) => {
        const timeout = setTimeout(resolve, openTimeoutMs)
        timeout.unref()
        onLoaded = () => {
          clearTimeout(timeout)
          onLoaded = null
          resolve()
        }
        void send(compose(name, 'load', []))
      })
    },

    publish: (revocation) => send(compose(name, 'revoked', [revocation])),

    health: () => ({ kind: 'cluster', connected: disconnectedSinceMs === null, disconnectedSinceMs }),

    async close() {
      process.off('message', onMessage)
      process.off('disconnect', onDisconnect)
      onLoaded?.()
      peer = null
    }
  }
}

function compose(name: string, type: ClusterMessage['type'], revocations: readonly Revocation[]): ClusterMessage {
  return { clerkRevocationBus: name, type, revocations: revocations.map(serializeRevocation) }
}

function parseMessage(value: unknown, name: string): ClusterMessage | null {
  const message = value as ClusterMessage | null
  if (typeof message !== 'object' || message === null || message.clerkRevocationBus !== name) return null
  return Array.isArray(message.revocations) ? message : null
}

function parseAll(message: ClusterMessage): Revocation[] {
  return message.revocations.map(parseRevocation).filter((revocation) => revocation !== null)
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
