import type { RevocationBus } from '../core/revocation/bus.js'
import type { BusEngine } from './bus-engine.js'
import { type BusLink, type BusLinkSettings, createBusLink } from './bus-link.js'
import { Peers } from './peers.js'

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
