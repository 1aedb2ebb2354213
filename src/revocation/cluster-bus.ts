import cluster from 'node:cluster'
import { text } from '../core/options/readers.js'
import { type OptionTable, readOptions } from '../core/options/table.js'
import type { BusAwayCause, RevocationBus } from '../core/revocation/bus.js'
import { type ClusterLink, openClusterLink } from './cluster-link.js'
import { DEFAULT_CLUSTER_BUS } from './cluster-message.js'
import { LINKED_BUS } from './linked-bus.js'
import { Peers } from './peers.js'

export interface ClusterBusOptions {
  /** Distinguishes several buses in one cluster; the relay must have the same name. Default `fastify-clerk-auth`. */
  readonly name?: string | undefined
  /** How long a starting worker waits for the primary's revocations. Default 2000, 0 to 600000. */
  readonly openTimeoutInMs?: number | undefined
  /** Interval at which the worker asks the primary, and timeout of its answer. Default 5000, 10 to 600000. */
  readonly heartbeatInMs?: number | undefined
}

export const CLUSTER_BUS = {
  name: text({ default: DEFAULT_CLUSTER_BUS }),
  openTimeoutInMs: LINKED_BUS.openTimeoutInMs,
  heartbeatInMs: LINKED_BUS.heartbeatInMs
} satisfies OptionTable<ClusterBusOptions>

/**
 * A bus between the workers of `node:cluster`. It goes through the primary, which must call `relayRevocations()`. In a
 * process that is no worker the bus has no peers and reports itself connected. Throws the coded error of a bad option.
 */
export function createClusterBus(options: ClusterBusOptions = {}): RevocationBus {
  const { name, openTimeoutInMs, heartbeatInMs } = readOptions(CLUSTER_BUS, options, { path: 'createClusterBus' })
  const peers = new Peers()
  let link: ClusterLink | null = null
  let closedSinceMs: number | null = Date.now()
  let closedCause: BusAwayCause | null = 'connecting'

  function end(): void {
    process.off('disconnect', end)
    link?.close()
    link = null
    closedSinceMs ??= Date.now()
    closedCause = 'closed'
  }

  return {
    async open(peer) {
      const isFirst = peers.size === 0
      peers.add(peer)
      if (isFirst) {
        closedSinceMs = null
        closedCause = null
        if (!cluster.isWorker) return
        process.on('disconnect', end)
        link = openClusterLink(name, heartbeatInMs, peers)
      }
      await link?.load(openTimeoutInMs)
    },

    async publish(revocation, from) {
      peers.receive([revocation], from)
      return link === null ? closedSinceMs === null : link.send(revocation)
    },

    health() {
      const { awaySinceMs, cause } = link ?? { awaySinceMs: closedSinceMs, cause: closedCause }
      return { kind: 'cluster', connected: awaySinceMs === null, disconnectedSinceMs: awaySinceMs, cause }
    },

    async close(peer) {
      peers.remove(peer)
      if (peers.size === 0) end()
    }
  }
}
