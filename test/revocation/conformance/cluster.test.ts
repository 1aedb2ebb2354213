import t from 'tap'
import { DEFAULT_CLUSTER_BUS } from '../../../src/revocation/cluster-message.js'
import { type RevocationBusWorld, relayRevocations } from '../../../src/revocation/index.js'
import { conform } from '../../fixtures/conformance.js'
import { type RemoteBus, startRemoteBus } from '../../fixtures/remote-bus.js'

const engine = 'a worker ends with its primary'

let worlds = 0

async function createWorld(): Promise<RevocationBusWorld> {
  const name = `${DEFAULT_CLUSTER_BUS}-${worlds++}`
  const endRelay = relayRevocations({ name })
  const buses: RemoteBus[] = []
  async function bus(): Promise<RemoteBus> {
    const bus = await startRemoteBus(name)
    buses.push(bus)
    return bus
  }
  const stranger = await bus()
  return {
    bus,
    send: (rows) => stranger.sendRaw({ clerkRevocationBus: name, type: 'revoked', revocations: rows }),
    async sendRaw(text) {
      await stranger.sendRaw(text)
      await stranger.sendRaw({ clerkRevocationBus: name, type: text, revocations: [] })
      await stranger.sendRaw({ clerkRevocationBus: name, type: 'revoked', revocations: text })
    },
    async close() {
      await Promise.all(buses.map((bus) => bus.end()))
      endRelay()
    }
  }
}

t.test('the cluster bus, between workers of node:cluster', (t) =>
  conform(t, createWorld, { without: { stop: engine, startAgain: engine, startEmpty: engine, cutOff: engine } })
)
