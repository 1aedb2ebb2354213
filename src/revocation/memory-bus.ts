import type { BusAwayCause, RevocationBus, RevocationPeer } from '../core/revocation/bus.js'
import { Peers } from './peers.js'

/**
 * A bus for several instances in one process. Each call of the returned function makes the bus of one more instance.
 *
 * ```ts
 * const joinBus = createMemoryBus()
 * await fastify.register(clerkAuth, { revocation: { bus: joinBus() } })
 * ```
 */
export function createMemoryBus(): () => RevocationBus {
  const peers = new Peers()

  return function joinBus() {
    const own = new Set<RevocationPeer>()
    let disconnectedSinceMs: number | null = Date.now()
    let cause: BusAwayCause = 'connecting'
    return {
      async open(peer) {
        disconnectedSinceMs = null
        own.add(peer)
        const known = [...peers.known()]
        if (peers.add(peer)) peer.receive(known)
      },
      async publish(revocation, from) {
        peers.receive([revocation], from)
        return own.size > 0
      },
      health: () => ({
        kind: 'memory',
        connected: disconnectedSinceMs === null,
        disconnectedSinceMs,
        cause: disconnectedSinceMs === null ? null : cause
      }),
      async close(peer) {
        for (const leaving of peer === undefined ? own : [peer]) {
          own.delete(leaving)
          peers.remove(leaving)
        }
        if (own.size > 0) return
        disconnectedSinceMs ??= Date.now()
        cause = 'closed'
      }
    }
  }
}
