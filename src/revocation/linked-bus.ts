import type { RevocationBus } from '../core/revocation/bus.js'
import type { BusEngine } from './bus-engine.js'
import { type BusLink, type BusLinkSettings, createBusLink } from './bus-link.js'
import { Peers } from './peers.js'

/** A bus over an engine. The link, with a new engine, is opened by the first peer and closed with the last. */
export function createLinkedBus(kind: string, createEngine: () => BusEngine, settings: BusLinkSettings): RevocationBus {
  const { now } = settings
  const peers = new Peers()
  let link: BusLink | null = null
  let closedSinceMs = now()

  function disconnectedSinceMs(): number | null {
    return link === null ? closedSinceMs : link.disconnectedSinceMs
  }

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
      const sinceMs = disconnectedSinceMs()
      return { kind, connected: sinceMs === null, disconnectedSinceMs: sinceMs }
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
