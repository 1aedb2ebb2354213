export type {
  BusAwayCause,
  RevocationBus,
  RevocationBusChange,
  RevocationBusHealth,
  RevocationPeer
} from '../core/revocation/bus.js'
export type { Revocation, RevocationKind, RevocationTarget } from '../core/revocation/revocation.js'
export type { RevocationsHealth } from '../core/revocation/types.js'
export { parseRevocation, type SerializedRevocation, serializeRevocation } from '../core/revocation/wire-format.js'
export { type ClusterBusOptions, createClusterBus } from './cluster-bus.js'
export { type RevocationRelayOptions, relayRevocations } from './cluster-relay.js'
export { type RevocationBusCase, testRevocationBus } from './conformance/kit.js'
export type { CutOff, RevocationBusFault, RevocationBusTestOptions, RevocationBusWorld } from './conformance/world.js'
export { createMemoryBus } from './memory-bus.js'
export { createPostgresBus, type PostgresBusOptions } from './postgres-bus.js'
export { revocationTableSql } from './postgres-schema.js'
export type { PostgresPool } from './postgres-session.js'
export { createRedisBus, type RedisBusOptions } from './redis-bus.js'
export type { RedisClient } from './redis-client.js'
