export type { AuthNotEvaluated } from './core/auth/not-evaluated.js'
export type { AuthFor, RequestAuth } from './core/auth/request-auth.js'
export type {
  Actor,
  ApiKeyAuth,
  Auth,
  GetTokenOptions,
  HasParams,
  InvalidTokenAuth,
  M2MTokenAuth,
  MachineAuth,
  MachineTokenType,
  OAuthTokenAuth,
  OrganizationPermission,
  OrganizationRole,
  ReverificationConfig,
  ReverificationLevel,
  ReverificationPreset,
  ScopedName,
  SessionAuth,
  SessionClaims,
  SessionConditions,
  SessionStatus,
  SignedInAuth,
  SignedOutAuth,
  TokenType,
  UnauthenticatedMachineAuth
} from './core/auth/types.js'
export type { Lifetime, Renewal, RenewalFailureReason } from './core/connections/lifetime.js'
export type { ClockOffset } from './core/diagnostics/clock-estimate.js'
export type { ClerkAuthErrorCode } from './core/error-code.js'
export type { InstanceHealth } from './core/instance/health.js'
export type { InstanceStats } from './core/instance.js'
export { shareKeySets } from './core/jwks/share-key-sets.js'
export type { KeyStoreHealth, KeyStoreStats } from './core/jwks/types.js'
export type { Logger } from './core/logger.js'
export type { AcceptsToken } from './core/options/accepts-token.js'
export type {
  ClerkAuthOptions,
  CrossOrigin,
  DebugHeaders,
  ExplainPermission,
  ExtractToken,
  TokenRequest
} from './core/options/instance-options.js'
export type { JwksOptions, KeySetSnapshotStore, WarmUp } from './core/options/jwks.js'
export type { MachineTokenOptions } from './core/options/machine-tokens.js'
export type { OrganizationSyncOptions } from './core/options/organization-sync.js'
export type { RevocationOptions, WhenBusIsAway } from './core/options/revocation.js'
export type { TokenCacheOptions } from './core/options/token-cache.js'
export type { RevocationTarget } from './core/revocation/revocation.js'
export type { RevocationsHealth } from './core/revocation/types.js'
export type { VerificationFailureReason, VerifyOptions, VerifyResult } from './core/token/outcome.js'
export { createTokenVerifier, type TokenVerifier } from './core/token-verifier.js'
export type { ClerkDecorator } from './plugin/clerk-decorator.js'
export type { Explanation } from './plugin/explain.js'
export { getAuth } from './plugin/get-auth.js'
export { assertSignedIn } from './plugin/guards/assert-signed-in.js'
export type { Authorize, AuthorizeParams, AuthorizePredicate, ScopeParams } from './plugin/guards/authorize.js'
export type { AuthorizeAsync, AuthorizeCheck } from './plugin/guards/authorize-async.js'
export { type Guarded, guarded } from './plugin/guards/guarded.js'
export { authorize, authorizeAsync, requireAuth } from './plugin/guards/guards.js'
export type { AuthorizeOptions } from './plugin/guards/hidden.js'
export type { RefusalError } from './plugin/guards/refusal.js'
export { signedIn } from './plugin/guards/signed-in.js'
export type { AuthenticatedAuth, GuardHook, GuardReply, GuardRequest, GuardRequirement } from './plugin/guards/types.js'
export type { Identity } from './plugin/identify.js'
export { clerkAuth, clerkAuth as default } from './plugin/plugin.js'
export { type LoggedRequest, requestSerializer, type SerializedRequest } from './plugin/request-serializer.js'
export type { InstanceOptions, InstanceResolver, ResolverOptions } from './plugin/resolver-options.js'
export type { ClerkRouteConfig, ClerkRouteOptions } from './plugin/route-policy.js'
export type { RouteTableEntry } from './plugin/route-table.js'
export type { PluginOptions } from './plugin/types.js'
