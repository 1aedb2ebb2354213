export type { RevocationBus, RevocationBusHealth, RevocationPeer } from '../core/revocation/bus.js'
export type { Revocation, RevocationTarget } from '../core/revocation/revocation.js'
export type { RevocationsHealth } from '../core/revocation/revocations.js'
export {
  type ClusterBusOptions,
  createClusterBus,
  type RevocationRelayOptions,
  relayRevocations
} from './cluster-bus.js'
export { createMemoryBus } from './memory-bus.js'
export { createRedisBus, type RedisBusOptions } from './redis-bus.js'
export type { RedisClient } from './redis-connection.js'
