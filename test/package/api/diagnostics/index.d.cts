import {
  KeyRefreshEvent,
  KeyOutageEvent,
  UnknownKidEvent,
  VerificationEvent,
  RefusalEvent,
  EvictionEvent,
  RevocationBusEvent
} from '../shared/types.cjs'
export { RefreshCause, RevocationBusChange } from '../shared/types.cjs'
interface DiagnosticsEvents {
  'fastify-clerk-auth:jwks:refresh': KeyRefreshEvent
  'fastify-clerk-auth:jwks:outage': KeyOutageEvent
  'fastify-clerk-auth:jwks:unknown-kid': UnknownKidEvent
  'fastify-clerk-auth:verification': VerificationEvent
  'fastify-clerk-auth:refusal': RefusalEvent
  'fastify-clerk-auth:eviction': EvictionEvent
  'fastify-clerk-auth:revocation-bus': RevocationBusEvent
}
type DiagnosticsChannelName = keyof DiagnosticsEvents
declare const CHANNELS: readonly DiagnosticsChannelName[]
declare function subscribe<Name extends DiagnosticsChannelName>(
  name: Name,
  listener: (event: DiagnosticsEvents[Name]) => void
): () => void
export {
  CHANNELS,
  EvictionEvent,
  KeyOutageEvent,
  KeyRefreshEvent,
  RefusalEvent,
  RevocationBusEvent,
  UnknownKidEvent,
  VerificationEvent,
  subscribe
}
export type { DiagnosticsChannelName, DiagnosticsEvents }
