import { logger, now, wholeNumber } from '../core/options/readers.js'
import type { RevocationBus } from '../core/revocation/bus.js'
import type { BusEngine } from './bus-engine.js'
import { type BusLink, type BusLinkSettings, createBusLink } from './bus-link.js'
import { Peers } from './peers.js'

/**
 * The options of a bus over any engine. The store keeps revocations for 25 hours: one process on it cannot know whether
 * another accepts machine tokens, which live a day.
 */
export const LINKED_BUS = {
  retentionInMs: wholeNumber({ min: 1_000, max: 2_592_000_000, default: 90_000_000 }),
  openTimeoutInMs: wholeNumber({ min: 0, max: 600_000, default: 2_000 }),
  heartbeatInMs: wholeNumber({ min: 10, max: 600_000, default: 5_000 }),
  logger,
  now
}

/** A bus over an engine. The link, with a new engine, is opened by the first peer and closed with the last. */
export function createLinkedBus(createEngine: () => BusEngine, settings: BusLinkSettings): RevocationBus {
  const { kind, now } = settings
  const peers = new Peers()
  let link: BusLink | null = null
  let closedSinceMs = now()

  return {
    open(peer) {
      peers.add(peer)
      link ??= createBusLink(createEngine(), settings, peers)
      return link.join(peer)
    },

    async publish(revocation, from) {
      const isSent = link !== null && (await link.publish(revocation))
      // Sent, it comes back through the channel to every peer.
      if (!isSent) peers.receive([revocation], from)
      return isSent
    },

    health() {
      const { disconnectedSinceMs, cause } = link ?? { disconnectedSinceMs: closedSinceMs, cause: 'closed' as const }
      return { kind, connected: disconnectedSinceMs === null, disconnectedSinceMs, cause }
    },

    async close(peer) {
      peers.remove(peer)
      if (peer !== undefined) link?.leave(peer)
      if (peers.size > 0 || link === null) return
      const closing = link
      link = null
      closedSinceMs = now()
      await closing.close()
    }
  }
}
