import cluster from 'node:cluster'
import { createDeferred } from '../core/deferred.js'
import { text, wholeNumber } from '../core/options/readers.js'
import { type OptionTable, readOptions } from '../core/options/table.js'
import type { RevocationBus, RevocationPeer } from '../core/revocation/bus.js'
import { setUnrefTimer, withinTime } from '../core/timers.js'
import {
  type ClusterMessage,
  composeMessage,
  DEFAULT_CLUSTER_BUS,
  parseMessage,
  revocationsOf
} from './cluster-message.js'

export interface ClusterBusOptions {
  /** Distinguishes several buses in one cluster; the relay must have the same name. Default `fastify-clerk-auth`. */
  readonly name?: string | undefined
  /** How long a starting worker waits for the primary's revocations. Default 2000, 0 to 600000. */
  readonly openTimeoutInMs?: number | undefined
}

export const CLUSTER_BUS = {
  name: text({ default: DEFAULT_CLUSTER_BUS }),
  openTimeoutInMs: wholeNumber({ min: 0, max: 600_000, default: 2_000 })
} satisfies OptionTable<ClusterBusOptions>

/**
 * A bus between the workers of `node:cluster`. It goes through the primary, which must call `relayRevocations()`. In a
 * process that is no worker the bus has no peers and reports itself connected. Throws the coded error of a bad option.
 */
export function createClusterBus(options: ClusterBusOptions = {}): RevocationBus {
  const { name, openTimeoutInMs } = readOptions(CLUSTER_BUS, options, { path: 'createClusterBus' })
  let peer: RevocationPeer | null = null
  let onLoaded: (() => void) | null = null
  let disconnectedSinceMs: number | null = cluster.isWorker ? Date.now() : null

  function onMessage(value: unknown): void {
    const message = parseMessage(value, name)
    if (message?.type === 'revoked') peer?.receive(revocationsOf(message))
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
      const loaded = createDeferred()
      onLoaded = loaded.resolve
      void send(composeMessage(name, 'load', []))
      await withinTime(loaded.promise, openTimeoutInMs, undefined, setUnrefTimer)
    },

    publish: (revocation) => send(composeMessage(name, 'revoked', [revocation])),

    health: () => ({ kind: 'cluster', connected: disconnectedSinceMs === null, disconnectedSinceMs }),

    async close() {
      process.off('message', onMessage)
      process.off('disconnect', onDisconnect)
      onLoaded?.()
      peer = null
    }
  }
}
