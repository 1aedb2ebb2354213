export type {
  HasParams,
  OrganizationPermission,
  OrganizationRole,
  ReverificationConfig,
  ReverificationLevel,
  ReverificationPreset,
  ScopedName
} from './auth/has.js'
export type { AuthNotEvaluated } from './auth/not-evaluated.js'
export type { AuthFor, RequestAuth } from './auth/request-auth.js'
export type {
  Actor,
  ApiKeyAuth,
  Auth,
  GetTokenOptions,
  InvalidTokenAuth,
  M2MTokenAuth,
  MachineAuth,
  MachineTokenType,
  OAuthTokenAuth,
  SessionAuth,
  SessionClaims,
  SessionStatus,
  SignedInAuth,
  SignedOutAuth,
  TokenType,
  UnauthenticatedMachineAuth
} from './auth/types.js'
export type { Lifetime, Renewal, RenewalFailureReason } from './connections/lifetime.js'
export type { ClockOffset } from './diagnostics/clock-estimate.js'
export type { ClerkAuthErrorCode } from './errors.js'
export { assertSignedIn } from './guards/assert-signed-in.js'
export type { Authorize, AuthorizePredicate } from './guards/authorize.js'
export type { AuthenticatedAuth, GuardHook, GuardReply, GuardRequest, RefusalError } from './guards/refusal.js'
export type { InstanceHealth, InstanceStats } from './instance.js'
export { shareKeySets } from './jwks/cluster-broker.js'
export type { KeyStoreHealth, KeyStoreStats } from './jwks/types.js'
export type { Logger } from './logger.js'
export type {
  AcceptsToken,
  ClerkAuthOptions,
  DebugHeaders,
  JwksOptions,
  KeySetSnapshotStore,
  MachineTokenOptions,
  OrganizationSyncOptions,
  WarmUp
} from './options.js'
export type { ClerkDecorator } from './plugin/clerk-decorator.js'
export { getAuth } from './plugin/get-auth.js'
export { clerkAuth, clerkAuth as default } from './plugin/plugin.js'
export type { RouteOptions, RouteSettings } from './plugin/route-policy.js'
export type { RouteTableEntry } from './plugin/route-table.js'
export type { InstanceResolver, PluginOptions, ResolvableOptions, ResolverOptions } from './plugin/types.js'
export type { RevocationTarget } from './revocation/revocation.js'
export type { RevocationsHealth } from './revocation/revocations.js'
export type { VerificationFailureReason } from './token/outcome.js'
export { createTokenVerifier, type TokenVerifier } from './token-verifier.js'
export type { VerifyResult } from './verify-result.js'
