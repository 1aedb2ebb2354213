export type { RevocationBus, RevocationBusHealth, RevocationPeer } from './bus.js'
export {
  type ClusterBusOptions,
  createClusterBus,
  type RevocationRelayOptions,
  relayRevocations
} from './cluster-bus.js'
export { createMemoryBus } from './memory-bus.js'
export { createRedisBus, type RedisBusOptions } from './redis-bus.js'
export type { RedisClient } from './redis-connection.js'
export type { Revocation, RevocationTarget } from './revocation.js'
export type { RevocationsHealth } from './revocations.js'
