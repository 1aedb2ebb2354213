import { RevocationBus } from '../shared/types.cjs'
import { Logger } from '../index.cjs'
export {
  BusAwayCause,
  Revocation,
  RevocationBusChange,
  RevocationBusHealth,
  RevocationKind,
  RevocationPeer,
  RevocationTarget,
  RevocationsHealth,
  SerializedRevocation,
  parseRevocation,
  serializeRevocation
} from '../shared/types.cjs'
import { PostgresPool, RedisClient } from '../shared/revocation-redis-client.cjs'
interface ClusterBusOptions {
  readonly name?: string | undefined
  readonly openTimeoutInMs?: number | undefined
  readonly heartbeatInMs?: number | undefined
}
declare function createClusterBus(options?: ClusterBusOptions): RevocationBus
interface RevocationRelayOptions {
  readonly name?: string | undefined
  readonly retentionInMs?: number | undefined
  readonly maxEntries?: number | undefined
  readonly now?: (() => number) | undefined
}
declare function relayRevocations(options?: RevocationRelayOptions): () => void
interface RevocationBusWorld {
  bus(process: { readonly now: () => number }): RevocationBus | Promise<RevocationBus>
  stop?(): unknown
  startAgain?(): unknown
  startEmpty?(): unknown
  cutOff?(bus: RevocationBus): CutOff | Promise<CutOff>
  send?(rows: readonly unknown[]): unknown
  sendRaw?(text: string): unknown
  close?(): unknown
}
type CutOff = () => unknown
type RevocationBusFault = 'stop' | 'startAgain' | 'startEmpty' | 'cutOff' | 'send' | 'sendRaw' | 'memory'
interface RevocationBusTestOptions {
  readonly without?:
    | {
        readonly [Fault in RevocationBusFault]?: string | undefined
      }
    | undefined
  readonly timeoutInMs?: number | undefined
}
interface RevocationBusCase {
  readonly name: string
  readonly skip: string | false
  run(): Promise<void>
}
declare function testRevocationBus(
  make: () => RevocationBusWorld | Promise<RevocationBusWorld>,
  options?: RevocationBusTestOptions
): readonly RevocationBusCase[]
declare function createMemoryBus(): () => RevocationBus
interface PostgresBusOptions {
  readonly pool: PostgresPool
  readonly table?: string | undefined
  readonly createTable?: boolean | undefined
  readonly retentionInMs?: number | undefined
  readonly openTimeoutInMs?: number | undefined
  readonly heartbeatInMs?: number | undefined
  readonly logger?: Logger | undefined
  readonly now?: (() => number) | undefined
}
declare function createPostgresBus(options: PostgresBusOptions): RevocationBus
declare function revocationTableSql(table?: string): string
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
export {
  PostgresPool,
  RedisClient,
  RevocationBus,
  createClusterBus,
  createMemoryBus,
  createPostgresBus,
  createRedisBus,
  relayRevocations,
  revocationTableSql,
  testRevocationBus
}
export type {
  ClusterBusOptions,
  CutOff,
  PostgresBusOptions,
  RedisBusOptions,
  RevocationBusCase,
  RevocationBusFault,
  RevocationBusTestOptions,
  RevocationBusWorld,
  RevocationRelayOptions
}
