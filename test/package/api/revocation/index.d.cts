import { RevocationBus } from '../shared/types.cjs'
import { Logger } from '../index.cjs'
export {
  Revocation,
  RevocationBusHealth,
  RevocationPeer,
  RevocationTarget,
  RevocationsHealth
} from '../shared/types.cjs'
import { RedisClient } from '../shared/revocation-redis-connection.cjs'
interface ClusterBusOptions {
  readonly name?: string | undefined
  readonly openTimeoutInMs?: number | undefined
}
declare function createClusterBus(options?: ClusterBusOptions): RevocationBus
interface RevocationRelayOptions {
  readonly name?: string | undefined
  readonly retentionInMs?: number | undefined
  readonly maxEntries?: number | undefined
  readonly now?: (() => number) | undefined
}
declare function relayRevocations(options?: RevocationRelayOptions): () => void
declare function createMemoryBus(): () => RevocationBus
interface RedisBusOptions {
  readonly client: RedisClient
  readonly key?: string | undefined
  readonly retentionInMs?: number | undefined
  readonly openTimeoutInMs?: number | undefined
  readonly heartbeatInMs?: number | undefined
  readonly logger?: Logger | undefined
  readonly now?: (() => number) | undefined
}
declare function createRedisBus(options: RedisBusOptions): RevocationBus
export { RedisClient, RevocationBus, createClusterBus, createMemoryBus, createRedisBus, relayRevocations }
export type { ClusterBusOptions, RedisBusOptions, RevocationRelayOptions }
