import cluster from 'node:cluster'
import { createDeferred } from '../core/deferred.js'
import { text, wholeNumber } from '../core/options/readers.js'
import { type OptionTable, readOptions } from '../core/options/table.js'
import type { BusAwayCause, RevocationBus } from '../core/revocation/bus.js'
import { setUnrefTimer, withinTime } from '../core/timers.js'
import {
  type ClusterMessage,
  composeMessage,
  DEFAULT_CLUSTER_BUS,
  parseMessage,
  revocationsOf
} from './cluster-message.js'
import { Peers } from './peers.js'

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
  const peers = new Peers()
  /** Peers that wait for the primary's revocations, and requests for them that it has not answered. */
  const waiting = new Set<() => void>()
  let unanswered = 0
  let disconnectedSinceMs: number | null = Date.now()
  let cause: BusAwayCause = 'connecting'

  function onMessage(value: unknown): void {
    const message = parseMessage(value, name)
    if (message?.type === 'revoked') peers.receive(revocationsOf(message))
    if (message?.type !== 'loaded') return
    disconnectedSinceMs = null
    // The primary answers in order: with the last answer each peer has heard everything.
    unanswered = Math.max(0, unanswered - 1)
    if (unanswered === 0) release()
  }

  function onDisconnect(): void {
    disconnectedSinceMs = Date.now()
    cause = 'closed'
  }

  function release(): void {
    for (const resolve of waiting) resolve()
    waiting.clear()
  }

  function send(message: ClusterMessage): Promise<boolean> {
    return new Promise((resolve) => {
      if (process.send === undefined || !process.connected) resolve(!cluster.isWorker)
      else process.send(message, undefined, undefined, (error) => resolve(error === null))
    })
  }

  return {
    async open(peer) {
      const isFirst = peers.size === 0
      peers.add(peer)
      if (!cluster.isWorker) {
        disconnectedSinceMs = null
        return
      }
      if (isFirst) {
        process.on('message', onMessage)
        process.on('disconnect', onDisconnect)
      }
      // A request that nobody waits for any more was lost, for instance because the primary did not listen yet.
      if (waiting.size === 0) unanswered = 0
      unanswered++
      const loaded = createDeferred()
      waiting.add(loaded.resolve)
      void send(composeMessage(name, 'load', [], peers.retentionMs()))
      await withinTime(loaded.promise, openTimeoutInMs, undefined, setUnrefTimer)
      waiting.delete(loaded.resolve)
    },

    publish(revocation, from) {
      peers.receive([revocation], from)
      return peers.size === 0
        ? Promise.resolve(false)
        : send(composeMessage(name, 'revoked', [revocation], peers.retentionMs()))
    },

    health: () => ({
      kind: 'cluster',
      connected: disconnectedSinceMs === null,
      disconnectedSinceMs,
      cause: disconnectedSinceMs === null ? null : cause
    }),

    async close(peer) {
      peers.remove(peer)
      if (peers.size > 0) return
      process.off('message', onMessage)
      process.off('disconnect', onDisconnect)
      release()
      disconnectedSinceMs ??= Date.now()
      cause = 'closed'
    }
  }
}
