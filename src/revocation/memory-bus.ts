import type { RevocationBus, RevocationPeer } from '../core/revocation/bus.js'

/**
 * A bus for several instances in one process. Each call of the returned function makes the bus of one more instance.
 *
 * ```ts
 * const joinBus = createMemoryBus()
 * await fastify.register(clerkAuth, { revocation: { bus: joinBus() } })
 * ```
 */
export function createMemoryBus(): () => RevocationBus {
  const peers = new Set<RevocationPeer>()

  return function joinBus() {
    let self: RevocationPeer | null = null
    return {
      async open(peer) {
        self = peer
        for (const other of peers) peer.receive(other.known())
        peers.add(peer)
      },
      async publish(revocation) {
        for (const peer of peers) if (peer !== self) peer.receive([revocation])
        return true
      },
      health: () => ({ kind: 'memory', connected: true, disconnectedSinceMs: null }),
      async close() {
        if (self !== null) peers.delete(self)
      }
    }
  }
}
