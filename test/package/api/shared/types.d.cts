import * as _fastify_error from '@fastify/error'
import { FastifyError } from '@fastify/error'
import * as fastify from 'fastify'
import {
  FastifyRequest,
  RouteGenericInterface,
  RawServerBase,
  RawServerDefault,
  RawRequestDefaultExpression,
  FastifySchema,
  FastifyTypeProvider,
  FastifyTypeProviderDefault,
  ContextConfigDefault,
  FastifyBaseLogger
} from 'fastify'
import { FastifyRequestType, ResolveFastifyRequestType } from 'fastify/types/type-provider.js'
import { KeyObject } from 'node:crypto'
import { IncomingHttpHeaders } from 'node:http'
interface Given {
  readonly name: string
  readonly value: unknown
  readonly isVariable?: boolean
}
interface Reader<Setting> {
  readonly read: (given: Given) => Setting
  readonly variable?: string
  readonly isSecret?: boolean
  readonly members?: Readers
}
type Readers = Readonly<Record<string, Reader<unknown>>>
interface Option<Accepted, Setting> extends Reader<Setting> {
  readonly accepts?: (value: Accepted) => Accepted
}
type SettingsOf<Table> = {
  readonly [Name in keyof Table]: Table[Name] extends Reader<infer Setting> ? Setting : never
}
type AuditWhen = 'always' | 'default' | 'refused' | 'never'
interface AuditRouteOptions {
  readonly when?: AuditWhen | undefined
  readonly action?: string | undefined
  readonly targetParam?: string | undefined
}
declare const PAGE = 'help/README.md'
type HelpAddress = `fastify-clerk-auth/src/${typeof PAGE}#${string}`
interface FieldsWithHelp {
  readonly help: HelpAddress
  readonly [field: string]: unknown
}
interface Logger {
  info(fields: object, message: string): void
  warn(fields: FieldsWithHelp, message: string): void
  error(fields: FieldsWithHelp, message: string): void
  debug(fields: object, message: string): void
}
declare const MACHINE_TOKEN_TYPES: readonly ['api_key', 'm2m_token', 'oauth_token']
declare const TOKEN_TYPES: readonly ['session_token', 'api_key', 'm2m_token', 'oauth_token']
type MachineTokenType = (typeof MACHINE_TOKEN_TYPES)[number]
type TokenType = (typeof TOKEN_TYPES)[number]
declare global {
  interface CustomJwtSessionClaims {}
  interface ClerkAuthorization {}
}
type SessionStatus = 'active' | 'pending'
interface Actor {
  readonly sub: string
  readonly [claim: string]: unknown
}
interface SessionClaims extends Readonly<CustomJwtSessionClaims> {
  readonly sub: string
  readonly exp: number
  readonly iss?: string
  readonly sid?: string
  readonly iat?: number
  readonly nbf?: number
  readonly azp?: string
  readonly [claim: string]: unknown
}
interface GetTokenOptions {
  readonly template?: string
  readonly expiresInSeconds?: number
}
type DeclaredName<Key extends string> =
  ClerkAuthorization extends Readonly<Record<Key, infer Name extends string>> ? Name : string
type OrganizationRole = DeclaredName<'role'>
type OrganizationPermission = DeclaredName<'permission'>
type ScopedName = `${'o' | 'org' | 'organization' | 'u' | 'user'}:${string}` | (string & {})
type ReverificationLevel = 'first_factor' | 'second_factor' | 'multi_factor'
type ReverificationPreset = 'strict_mfa' | 'strict' | 'moderate' | 'lax'
type ReverificationConfig =
  | ReverificationPreset
  | {
      readonly level: ReverificationLevel
      readonly afterMinutes: number
    }
interface Conditions {
  readonly role: OrganizationRole
  readonly permission: OrganizationPermission
  readonly feature: ScopedName
  readonly plan: ScopedName
  readonly reverification: ReverificationConfig
}
type AtLeastOne<T> = {
  [Key in keyof T]: Pick<T, Key> & {
    readonly [Other in keyof T]?: T[Other] | undefined
  }
}[keyof T]
type SessionConditions = {
  readonly [Key in keyof Conditions]?: Conditions[Key] | undefined
}
type HasParams = AtLeastOne<Conditions>
interface SignedInAuth {
  readonly isAuthenticated: true
  readonly tokenType: 'session_token'
  readonly userId: string
  readonly sessionId: string | undefined
  readonly sessionClaims: SessionClaims
  readonly sessionStatus: SessionStatus | null
  readonly actor: Actor | undefined
  readonly orgId: string | undefined
  readonly orgRole: OrganizationRole | undefined
  readonly orgSlug: string | undefined
  readonly orgPermissions: readonly OrganizationPermission[] | undefined
  readonly factorVerificationAge: readonly [number, number] | null
  readonly getToken: (options?: GetTokenOptions) => Promise<string | null>
  readonly has: (params: HasParams) => boolean
}
interface SignedOutAuth {
  readonly isAuthenticated: false
  readonly tokenType: 'session_token'
  readonly userId: null
  readonly sessionId: null
  readonly sessionClaims: null
  readonly sessionStatus: 'pending' | null
  readonly actor: null
  readonly orgId: null
  readonly orgRole: null
  readonly orgSlug: null
  readonly orgPermissions: null
  readonly factorVerificationAge: null
  readonly getToken: () => Promise<null>
  readonly has: (params: HasParams) => false
  readonly reason: string
  readonly message: string
  readonly retryAfterSeconds: number | null
}
interface MachineTokenValidity {
  readonly audience: readonly string[]
  readonly issuedAt: number | null
  readonly expiresAt: number | null
}
interface ApiKeyAuth extends MachineTokenValidity {
  readonly isAuthenticated: true
  readonly tokenType: 'api_key'
  readonly id: string
  readonly name: string
  readonly subject: string
  readonly scopes: readonly string[]
  readonly claims: Readonly<Record<string, unknown>> | null
  readonly userId: string | null
  readonly orgId: string | null
  readonly getToken: () => Promise<string>
  readonly has: (params: HasParams) => false
}
interface M2MTokenAuth extends MachineTokenValidity {
  readonly isAuthenticated: true
  readonly tokenType: 'm2m_token'
  readonly id: string
  readonly subject: string
  readonly scopes: readonly string[]
  readonly claims: Readonly<Record<string, unknown>> | null
  readonly machineId: string
  readonly getToken: () => Promise<string>
  readonly has: (params: HasParams) => false
}
interface OAuthTokenAuth extends MachineTokenValidity {
  readonly isAuthenticated: true
  readonly tokenType: 'oauth_token'
  readonly id: string
  readonly subject: string
  readonly scopes: readonly string[]
  readonly userId: string
  readonly clientId: string
  readonly getToken: () => Promise<string>
  readonly has: (params: HasParams) => false
}
interface UnauthenticatedMachineAuth<T extends MachineTokenType = MachineTokenType> {
  readonly isAuthenticated: false
  readonly tokenType: T
  readonly id: null
  readonly subject: null
  readonly scopes: null
  readonly audience: null
  readonly issuedAt: null
  readonly expiresAt: null
  readonly name: null
  readonly claims: null
  readonly userId: null
  readonly orgId: null
  readonly machineId: null
  readonly clientId: null
  readonly getToken: () => Promise<null>
  readonly has: (params: HasParams) => false
  readonly reason: string
  readonly message: string
  readonly retryAfterSeconds: number | null
}
interface InvalidTokenAuth {
  readonly isAuthenticated: false
  readonly tokenType: null
  readonly getToken: () => Promise<null>
  readonly has: (params: HasParams) => false
  readonly reason: string
  readonly message: string
  readonly retryAfterSeconds: number | null
}
interface MachineAuthByType {
  readonly api_key: ApiKeyAuth
  readonly m2m_token: M2MTokenAuth
  readonly oauth_token: OAuthTokenAuth
}
type SessionAuth = SignedInAuth | SignedOutAuth
type MachineAuth = MachineAuthByType[MachineTokenType]
type Auth = SessionAuth | MachineAuth | UnauthenticatedMachineAuth | InvalidTokenAuth
type SignatureAlgorithm = 'RS256' | 'RS384' | 'RS512'
interface VerificationKey {
  readonly kid: string | null
  readonly algorithm: SignatureAlgorithm
  readonly keyObject: KeyObject
  readonly signatureLength: number
  trustedUntilMs: number
}
type KeyFailureReason =
  | 'secret-key-invalid'
  | 'jwk-remote-failed-to-load'
  | 'jwk-failed-to-resolve'
  | 'jwk-kid-mismatch'
type KeyResolution =
  | {
      readonly ok: true
      readonly keys: readonly VerificationKey[]
    }
  | {
      readonly ok: false
      readonly reason: KeyFailureReason
      readonly unavailable: boolean
      readonly retryAfterSeconds: number
    }
interface KeyStore {
  find(kid: string | undefined): readonly VerificationKey[]
  resolve(kid: string | undefined, plausible: boolean, sessionId?: string): Promise<KeyResolution>
  reconsider(kid: string | undefined, sessionId?: string): Promise<boolean> | false
  witness(sessionId: string): void
  rest(): void
  onChange(listener: () => void): void
  ready(): Promise<void>
  close(): void
  health(): KeyStoreHealth
  stats(): KeyStoreStats
}
interface KeyStoreHealth {
  readonly source: 'jwtKey' | 'jwks' | 'bapi' | 'fapi'
  readonly kids: readonly string[]
  readonly ageMs: number | null
  readonly nextRefreshInMs: number | null
  readonly lastError: string | null
  readonly consecutiveFailures: number
  readonly degraded: boolean
  readonly skippedKeys: Readonly<Record<string, number>>
  readonly clockOffsetMs: number | null
}
interface KeyStoreStats {
  readonly fetches: number
  readonly failedFetches: number
  readonly notModified: number
  readonly generations: number
  readonly withdrawnKeys: number
  readonly skippedKeys: number
  readonly adoptedSnapshots: number
  readonly failedSnapshots: number
  readonly unknownKids: number
  readonly unknownKidsRefused: number
  readonly demandedFetches: number
}
declare class VerifiedToken {
  readonly ok: true
  readonly token: string
  readonly retainedLength: number
  readonly key: VerificationKey
  readonly expiresAtMs: number
  readonly notBeforeMs: number
  readonly issuedAt: number
  readonly isOwnIssuer: boolean
  readonly auth: SignedInAuth
  readonly pendingAuth: SignedOutAuth | null
  clearedEpoch: number
  constructor(fields: {
    token: string
    retainedLength: number
    key: VerificationKey
    expiresAtMs: number
    notBeforeMs: number
    issuedAt: number
    isOwnIssuer: boolean
    auth: SignedInAuth
    pendingAuth: SignedOutAuth | null
  })
  get claims(): SessionClaims
}
type VerificationFailureReason =
  | 'token-expired'
  | 'token-invalid'
  | 'token-invalid-algorithm'
  | 'token-invalid-authorized-parties'
  | 'token-invalid-issuer'
  | 'token-invalid-signature'
  | 'token-not-active-yet'
  | 'token-iat-in-the-future'
  | 'token-verification-failed'
  | 'token-type-mismatch'
  | 'session-revoked'
  | 'revocation-bus-away'
  | 'secret-key-invalid'
  | 'jwk-remote-failed-to-load'
  | 'jwk-failed-to-resolve'
  | 'jwk-kid-mismatch'
interface VerificationFailure {
  readonly ok: false
  readonly reason: VerificationFailureReason
  readonly message: string
  readonly unavailable: boolean
  readonly retryAfterSeconds: number
}
type VerificationOutcome = VerifiedToken | VerificationFailure
interface VerifyOptions {
  readonly treatPendingAsSignedOut?: boolean
}
type VerifyResult =
  | {
      readonly ok: true
      readonly claims: SessionClaims
      readonly auth: SignedInAuth
    }
  | {
      readonly ok: false
      readonly reason: VerificationFailureReason | 'session-pending'
      readonly message: string
      readonly retryAfterSeconds: number | null
    }
interface VerificationEvent {
  readonly instance: string | null
  readonly outcome: 'verified' | 'refused' | 'unavailable'
  readonly reason: VerificationFailureReason | null
  readonly durationMs: number | null
  readonly help: HelpAddress | null
}
interface RefusalEvent {
  readonly instance: string | null
  readonly state: 'signed-out' | 'handshake' | 'unavailable'
  readonly tokenType: TokenType | null
  readonly reason: string | null
  readonly cause: string | null
  readonly help: HelpAddress | null
}
interface EvictionEvent {
  readonly instance: string | null
  readonly cachedTokens: number
  readonly cachedBytes: number
}
declare const CODES: {
  readonly dns: readonly [
    'ENOTFOUND',
    'EAI_AGAIN',
    'EAI_FAIL',
    'EAI_NODATA',
    'EAI_NONAME',
    'ENODATA',
    'ESERVFAIL',
    'EREFUSED'
  ]
  readonly refused: readonly ['ECONNREFUSED']
  readonly unreachable: readonly [
    'EHOSTUNREACH',
    'ENETUNREACH',
    'EHOSTDOWN',
    'ENETDOWN',
    'EADDRNOTAVAIL',
    'EACCES',
    'EPERM'
  ]
  readonly timeout: readonly ['ETIMEDOUT', 'UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']
  readonly closed: readonly ['ECONNRESET', 'ECONNABORTED', 'EPIPE', 'UND_ERR_SOCKET']
  readonly certificate: readonly [
    'CERT_HAS_EXPIRED',
    'CERT_NOT_YET_VALID',
    'CERT_REJECTED',
    'CERT_REVOKED',
    'CERT_SIGNATURE_FAILURE',
    'CERT_UNTRUSTED',
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'ERR_TLS_CERT_ALTNAME_INVALID',
    'HOSTNAME_MISMATCH',
    'INVALID_CA',
    'INVALID_PURPOSE',
    'SELF_SIGNED_CERT_IN_CHAIN',
    'UNABLE_TO_GET_ISSUER_CERT',
    'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE'
  ]
  readonly tls: readonly [
    'EPROTO',
    'ERR_SSL_PACKET_LENGTH_TOO_LONG',
    'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE',
    'ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR',
    'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION',
    'ERR_SSL_TLSV1_UNRECOGNIZED_NAME',
    'ERR_SSL_UNSUPPORTED_PROTOCOL',
    'ERR_SSL_WRONG_VERSION_NUMBER'
  ]
  readonly proxy: readonly ['UND_ERR_ABORTED', 'UND_ERR_PRX_TLS']
  readonly 'not-http': readonly [
    'HPE_INVALID_CONSTANT',
    'HPE_INVALID_VERSION',
    'HPE_INVALID_HEADER_TOKEN',
    'HPE_HEADER_OVERFLOW'
  ]
}
type CodedWord = keyof typeof CODES
type NetworkFailure =
  | {
      [Word in CodedWord]: Word | `${Word}-${(typeof CODES)[Word][number]}`
    }[CodedWord]
  | 'network'
type KeySetFailure = 'not-json' | 'not-a-key-set' | 'empty' | 'no-usable-key'
type FetchFailure =
  | NetworkFailure
  | 'timeout'
  | 'redirect'
  | 'too-large'
  | 'html'
  | 'unexpected-not-modified'
  | 'secret-key-invalid'
  | `http-${number}`
  | KeySetFailure
interface KeyRefreshEvent {
  readonly instance: string | null
  readonly source: 'bapi' | 'fapi'
  readonly cause: RefreshCause
  readonly outcome: 'changed' | 'unchanged' | 'snapshot' | 'failed'
  readonly failure: FetchFailure | null
  readonly durationMs: number
  readonly added: readonly string[]
  readonly withdrawn: readonly string[]
  readonly help: HelpAddress | null
}
interface KeyOutageEvent {
  readonly instance: string | null
  readonly source: 'bapi' | 'fapi'
  readonly phase: 'begin' | 'end'
  readonly failure: FetchFailure
  readonly usableUntilMs: number | null
  readonly help: HelpAddress
}
interface UnknownKidEvent {
  readonly instance: string | null
  readonly source: 'bapi' | 'fapi'
  readonly kid: string
  readonly plausible: boolean
  readonly help: HelpAddress
}
type RefreshCause = 'warm-up' | 'refresh-ahead' | 'retry' | 'missing-keys' | 'unknown-kid' | 'bad-signature'
interface TargetIds {
  readonly sessionId: string
  readonly userId: string
  readonly organizationId: string
  readonly tokenId: string
  readonly clientId: string
  readonly everyone: true
}
type Only<Name extends keyof TargetIds, Sort = undefined> = Pick<TargetIds, Name> & {
  readonly [Other in Exclude<keyof TargetIds, Name>]?: undefined
} & {
  readonly only?: Sort | undefined
}
type RevocationTarget =
  | Only<'sessionId'>
  | Only<'userId', 'sessions'>
  | Only<'organizationId' | 'userId'>
  | Only<'organizationId', 'sessions'>
  | Only<'tokenId'>
  | Only<'clientId'>
  | Only<'everyone', 'sessions'>
type IdKind = 'session' | 'user' | 'user-sessions' | 'organization' | 'organization-sessions' | 'token' | 'client'
type AllKind = 'all-sessions' | 'all-machines' | 'all-machine-jwts'
type Revocation =
  | {
      readonly kind: IdKind
      readonly id: string
      readonly atMs: number
    }
  | {
      readonly kind: 'membership'
      readonly organizationId: string
      readonly userId: string
      readonly atMs: number
    }
  | {
      readonly kind: AllKind
      readonly atMs: number
    }
type RevocationKind = Revocation['kind']
type BusAwayCause =
  | 'connecting'
  | 'refused'
  | 'unreachable'
  | 'timeout'
  | 'authentication'
  | 'permission'
  | 'moved'
  | 'read-only'
  | 'unready'
  | 'unusable'
  | 'silent'
  | 'closed'
  | 'unknown'
interface RevocationBusChange {
  readonly kind: string
  readonly connected: boolean
  readonly cause: BusAwayCause
  readonly awayMs: number
  readonly received: number
  readonly sent: number
}
interface RevocationPeer {
  receive(revocations: Iterable<Revocation>): void
  known(): Iterable<Revocation>
  retentionMs(kind?: RevocationKind): number
  readonly size?: number
  readonly logger?: Logger
  busChanged?(change: RevocationBusChange): void
}
interface RevocationBusHealth {
  readonly kind: string
  readonly connected: boolean
  readonly disconnectedSinceMs: number | null
  readonly cause?: BusAwayCause | null
}
interface RevocationBus {
  open(peer: RevocationPeer): Promise<void>
  publish(revocation: Revocation, from?: RevocationPeer): Promise<boolean>
  health(): RevocationBusHealth
  close(peer?: RevocationPeer): Promise<void>
}
interface RevocationBusEvent extends RevocationBusChange {
  readonly instance: string | null
  readonly help: HelpAddress | null
}
type KeyOf<Union> = Union extends unknown ? keyof Union : never
type AuthNotEvaluated = {
  readonly [Key in KeyOf<Auth>]: never
}
declare global {
  interface ClerkAuthInstance {}
}
type InstanceAcceptsToken = ClerkAuthInstance extends {
  acceptsToken: infer Accepted
}
  ? Accepted
  : 'session_token'
type AuthOfType<Type extends TokenType> = Type extends MachineTokenType
  ? MachineAuthByType[Type] | UnauthenticatedMachineAuth<Type>
  : SessionAuth
type AuthFor<Accepted> = [Accepted] extends ['any']
  ? AuthOfType<TokenType>
  : [Accepted] extends [TokenType]
    ? AuthOfType<Accepted>
    : [Accepted] extends [readonly (infer Type extends TokenType)[]]
      ? AuthOfType<Type> | InvalidTokenAuth
      : Auth
type RequestAuth<ContextConfig> = ContextConfig extends {
  clerk: false
}
  ? AuthNotEvaluated
  : ContextConfig extends {
        clerk: {
          guarded: true
        }
      }
    ? Extract<
        RouteAuth<ContextConfig>,
        {
          isAuthenticated: true
        }
      >
    : RouteAuth<ContextConfig>
type RouteAuth<ContextConfig> = ContextConfig extends {
  clerk: {
    acceptsToken: infer Accepted
  }
}
  ? AuthFor<Accepted>
  : AuthFor<InstanceAcceptsToken>
type Eventually<T> = T | Later<T> | Promise<T>
declare class Later<T> implements PromiseLike<T> {
  #private
  settle(value: Eventually<T>): void
  fail(error: unknown): void
  listen(onValue: (value: T) => void, onError: (error: unknown) => void): void
  next<U>(convert: (value: T) => Eventually<U>): Later<U>
  whenEnded(onEnd: () => void): void
  promise(): Promise<T>
  then<A = T, B = never>(
    onValue?: ((value: T) => A | PromiseLike<A>) | null,
    onError?: ((error: unknown) => B | PromiseLike<B>) | null
  ): Promise<A | B>
}
interface ObservedToken {
  readonly issuedAt: number
  readonly auth: {
    readonly sessionClaims: {
      readonly exp: number
    }
  }
}
interface ObservedMachineToken {
  readonly issuedAtMs: number
  readonly isOpaque: boolean
  readonly auth: {
    readonly expiresAt: number | null
  }
}
interface MomentByReach {
  readonly sessionsMs: number
  readonly machinesMs: number
}
interface RevocableToken {
  readonly auth: {
    readonly sessionId: string | undefined
    readonly userId: string
    readonly orgId: string | undefined
    readonly actor:
      | {
          readonly sub: string
        }
      | undefined
  }
  readonly issuedAt: number
  clearedEpoch: number
}
interface RevocableMachineToken {
  readonly tokenId: string | null
  readonly userId: string | null
  readonly orgId: string | null
  readonly clientId: string | null
  readonly issuedAtMs: number
  readonly isOpaque: boolean
  clearedEpoch: number
}
interface RevocationsHealth {
  readonly entries: number
  readonly everyoneIssuedUntilMs: number | null
  readonly machinesIssuedUntilMs: number | null
  readonly folds: number
  readonly retentionMs: number
  readonly machineRetentionMs: number
  readonly bus: RevocationBusHealth | null
}
interface Revocations {
  readonly size: number
  covers(token: RevocableToken): boolean
  coversMachine(token: RevocableMachineToken): boolean
  observe(token: ObservedToken): void
  observeMachine(token: ObservedMachineToken): void
  expectMachineTokens(): void
  revoke(target: RevocationTarget, at?: number | Date): Promise<boolean>
  refuseIssuedUntil(moments: MomentByReach): void
  latest(): MomentByReach
  onRevoked(listener: (revocation: Revocation) => void): () => void
  readonly ready: Promise<void>
  health(): RevocationsHealth
  close(): Promise<void>
}
type RenewalFailureReason =
  | VerificationFailureReason
  | 'session-mismatch'
  | 'organization-mismatch'
  | 'session-pending'
  | 'connection-ended'
type Renewal =
  | {
      readonly ok: true
      readonly auth: SignedInAuth
      readonly expiresAtMs: number
    }
  | {
      readonly ok: false
      readonly reason: RenewalFailureReason
    }
interface Lifetime {
  readonly signal: AbortSignal
  readonly auth: SignedInAuth
  readonly expiresAtMs: number
  renew(token: string): Promise<Renewal>
  close(): void
}
interface ClockOffset {
  readonly offsetMs: number
  readonly from: 'key-endpoint' | 'tokens'
}
declare const AuditFullError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_AUDIT_FULL'
    statusCode: 503
  },
  [any?, any?, any?]
>
declare const AuditEarlyRoutesError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_AUDIT_EARLY_ROUTES'
    statusCode: 500
  },
  [any?, any?, any?]
>
declare const AuditPeerError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_AUDIT_PEER'
    statusCode: 500
  },
  [any?, any?, any?]
>
declare const MigrateParserError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_MIGRATE_PARSER'
    statusCode: 500
  },
  [any?, any?, any?]
>
declare const PlaygroundPagesError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_PLAYGROUND_PAGES'
    statusCode: 500
  },
  [any?, any?, any?]
>
declare const LifetimeRevokedError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_LIFETIME_REVOKED'
    statusCode: 401
  },
  [any?, any?, any?]
>
declare const LifetimeExpiredError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_LIFETIME_EXPIRED'
    statusCode: 401
  },
  [any?, any?, any?]
>
interface ErrorEntry {
  readonly code: string
  readonly text: string
  readonly statusCode: number
}
declare const errorEntries: readonly ErrorEntry[]
declare const LocalClerkProductionError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_LOCAL_IN_PRODUCTION'
    statusCode: 500
  },
  [any?, any?, any?]
>
declare const LocalClerkArgumentError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_LOCAL_ARGUMENT'
    statusCode: 500
  },
  [any?, any?, any?]
>
declare const LocalClerkPeerError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_LOCAL_PEER'
    statusCode: 500
  },
  [any?, any?, any?]
>
declare const McpPluginError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_MCP_PLUGIN'
    statusCode: 500
  },
  [any?, any?, any?]
>
declare const McpRootError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_MCP_ROOT'
    statusCode: 500
  },
  [any?, any?, any?]
>
declare const McpAuthorizationServerError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_MCP_AUTHORIZATION_SERVER'
    statusCode: 500
  },
  [any?, any?, any?]
>
declare const McpScopesError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_MCP_SCOPES'
    statusCode: 500
  },
  [any?, any?, any?]
>
declare const McpMetadataUnavailableError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_MCP_METADATA_UNAVAILABLE'
    statusCode: 503
  },
  [any?, any?, any?]
>
declare const McpMetadataInvalidError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_MCP_METADATA_INVALID'
    statusCode: 502
  },
  [any?, any?, any?]
>
declare const MetricsPluginError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_METRICS_PLUGIN'
    statusCode: 500
  },
  [any?, any?, any?]
>
declare const MetricsPeerError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_METRICS_PEER'
    statusCode: 500
  },
  [any?, any?, any?]
>
declare const OpenApiPluginError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_OPENAPI_PLUGIN'
    statusCode: 500
  },
  [any?, any?, any?]
>
declare const OpenApiSwaggerError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_OPENAPI_SWAGGER'
    statusCode: 500
  },
  [any?, any?, any?]
>
declare const OpenApiVersionError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_OPENAPI_VERSION'
    statusCode: 500
  },
  [any?, any?, any?]
>
declare const UnknownOptionError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_OPTION_UNKNOWN'
    statusCode: 500
  },
  [any?, any?, any?]
>
declare const OptionTypeError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_OPTION_TYPE'
    statusCode: 500
  },
  [any?, any?, any?]
>
declare const OptionEmptyError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_OPTION_EMPTY'
    statusCode: 500
  },
  [any?, any?, any?]
>
declare const OptionRangeError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_OPTION_RANGE'
    statusCode: 500
  },
  [any?, any?, any?]
>
declare const OptionValueError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_OPTION_VALUE'
    statusCode: 500
  },
  [any?, any?, any?]
>
declare const OptionUrlError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_OPTION_URL'
    statusCode: 500
  },
  [any?, any?, any?]
>
declare const OptionDomainError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_OPTION_DOMAIN'
    statusCode: 500
  },
  [any?, any?, any?]
>
declare const OptionOriginError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_OPTION_ORIGIN'
    statusCode: 500
  },
  [any?, any?, any?]
>
declare const OptionPatternError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_OPTION_PATTERN'
    statusCode: 500
  },
  [any?, any?, any?]
>
declare const AcceptsTokenError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_OPTION_ACCEPTS_TOKEN'
    statusCode: 500
  },
  [any?, any?, any?]
>
declare const PublishableKeyError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_OPTION_PUBLISHABLE_KEY'
    statusCode: 500
  },
  [any?, any?, any?]
>
declare const SecretAsPublishableError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_OPTION_SECRET_AS_PUBLISHABLE'
    statusCode: 500
  },
  [any?, any?, any?]
>
declare const PublishableAsSecretError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_OPTION_PUBLISHABLE_AS_SECRET'
    statusCode: 500
  },
  [any?, any?, any?]
>
declare const SecretKeyError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_OPTION_SECRET_KEY'
    statusCode: 500
  },
  [any?, any?, any?]
>
declare const KeysMixedError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_OPTION_KEYS_MIXED'
    statusCode: 500
  },
  [any?, any?, any?]
>
declare const NoKeySourceError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_OPTION_NO_KEY_SOURCE'
    statusCode: 500
  },
  [any?, any?, any?]
>
declare const JwtKeyError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_OPTION_JWT_KEY'
    statusCode: 500
  },
  [any?, any?, any?]
>
declare const JwtKeyPrivateError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_OPTION_JWT_KEY_PRIVATE'
    statusCode: 500
  },
  [any?, any?, any?]
>
declare const JwtKeyNotRsaError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_OPTION_JWT_KEY_NOT_RSA'
    statusCode: 500
  },
  [any?, any?, any?]
>
declare const JwtKeySizeError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_OPTION_JWT_KEY_SIZE'
    statusCode: 500
  },
  [any?, any?, any?]
>
declare const JwksKeysError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_OPTION_JWKS_KEYS'
    statusCode: 500
  },
  [any?, any?, any?]
>
declare const JwksPrivateError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_OPTION_JWKS_PRIVATE'
    statusCode: 500
  },
  [any?, any?, any?]
>
declare const SatelliteDomainError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_OPTION_SATELLITE_DOMAIN'
    statusCode: 500
  },
  [any?, any?, any?]
>
declare const SatelliteSignInUrlError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_OPTION_SATELLITE_SIGN_IN_URL'
    statusCode: 500
  },
  [any?, any?, any?]
>
declare const SignInUrlMissingError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_OPTION_SIGN_IN_URL_MISSING'
    statusCode: 500
  },
  [any?, any?, any?]
>
declare const OptionSecretKeyMissingError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_OPTION_SECRET_KEY_MISSING'
    statusCode: 500
  },
  [any?, any?, any?]
>
declare const OtelPluginError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_OTEL_PLUGIN'
    statusCode: 500
  },
  [any?, any?, any?]
>
declare const OtelPeerError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_OTEL_PEER'
    statusCode: 500
  },
  [any?, any?, any?]
>
declare const ProxyPeerError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_PROXY_PEER'
    statusCode: 500
  },
  [any?, any?, any?]
>
declare const ProxyKeysError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_PROXY_KEYS'
    statusCode: 500
  },
  [any?, any?, any?]
>
declare const ProxyUrlError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_PROXY_URL'
    statusCode: 500
  },
  [any?, any?, any?]
>
declare const ProxyRequestError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_PROXY_REQUEST'
    statusCode: 400
  },
  [any?, any?, any?]
>
declare const ProxyBodyTimeoutError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_PROXY_BODY_TIMEOUT'
    statusCode: 408
  },
  [any?, any?, any?]
>
declare const ProxyBodyLimitError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_PROXY_BODY_LIMIT'
    statusCode: 413
  },
  [any?, any?, any?]
>
declare const ProxyBusyError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_PROXY_BUSY'
    statusCode: 503
  },
  [any?, any?, any?]
>
declare const ProxyUpstreamError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_PROXY_UPSTREAM'
    statusCode: 502
  },
  [any?, any?, any?]
>
declare const ProxyTimeoutError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_PROXY_TIMEOUT'
    statusCode: 504
  },
  [any?, any?, any?]
>
declare const AlreadyRegisteredError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_ALREADY_REGISTERED'
    statusCode: 500
  },
  [any?, any?, any?]
>
declare const DecoratorTakenError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_DECORATOR_TAKEN'
    statusCode: 500
  },
  [any?, any?, any?]
>
declare const RouteOptionsError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_ROUTE_OPTIONS'
    statusCode: 500
  },
  [any?, any?, any?]
>
declare const RoutePolicyError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_ROUTE_POLICY'
    statusCode: 500
  },
  [any?, any?, any?]
>
declare const EarlyRoutesError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_EARLY_ROUTES'
    statusCode: 500
  },
  [any?, any?, any?]
>
declare const NoRoutesError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_NO_ROUTES'
    statusCode: 500
  },
  [any?, any?, any?]
>
declare const GuardOutsideError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_GUARD_OUTSIDE'
    statusCode: 500
  },
  [any?, any?, any?]
>
declare const UndefinedHookError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_UNDEFINED_HOOK'
    statusCode: 500
  },
  [any?, any?, any?]
>
declare const RouteOverwrittenError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_ROUTE_OVERWRITTEN'
    statusCode: 500
  },
  [any?, any?, any?]
>
declare const GuardUseError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_GUARD_USE'
    statusCode: 500
  },
  [any?, any?, any?]
>
declare const FastifyInternalsError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_FASTIFY_INTERNALS'
    statusCode: 500
  },
  [any?, any?, any?]
>
declare const AuthorizeParamsError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_AUTHORIZE_PARAMS'
    statusCode: 500
  },
  [any?, any?, any?]
>
declare const NoInitialKeysError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_NO_INITIAL_KEYS'
    statusCode: 500
  },
  [any?, any?, any?]
>
declare const SecretKeyRefusedError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_SECRET_KEY_REFUSED'
    statusCode: 500
  },
  [any?, any?, any?]
>
declare const UnauthorizedError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_UNAUTHORIZED'
    statusCode: 401
  },
  [any?, any?, any?]
>
declare const ForbiddenError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_FORBIDDEN'
    statusCode: 403
  },
  [any?, any?, any?]
>
declare const CrossOriginError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_CROSS_ORIGIN'
    statusCode: 403
  },
  [any?, any?, any?]
>
declare const ExtractTokenError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_EXTRACT_TOKEN'
    statusCode: 401
  },
  [any?, any?, any?]
>
declare const ReverificationError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_REVERIFICATION'
    statusCode: 403
  },
  [any?, any?, any?]
>
declare const KeysUnavailableError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_KEYS_UNAVAILABLE'
    statusCode: 503
  },
  [any?, any?, any?]
>
declare const ResolverError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_RESOLVER'
    statusCode: 500
  },
  [any?, any?, any?]
>
declare const ResolverOnlyError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_NO_INSTANCE'
    statusCode: 500
  },
  [any?, any?, any?]
>
declare const NotEvaluatedError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_NOT_EVALUATED'
    statusCode: 500
  },
  [any?, any?, any?]
>
declare const NotRegisteredError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_NOT_REGISTERED'
    statusCode: 500
  },
  [any?, any?, any?]
>
declare const TokenFetchError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_GET_TOKEN'
    statusCode: 502
  },
  [any?, any?, any?]
>
declare const RevocationTargetError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_REVOCATION_TARGET'
    statusCode: 500
  },
  [any?, any?, any?]
>
declare const RevocationTimeError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_REVOCATION_TIME'
    statusCode: 500
  },
  [any?, any?, any?]
>
declare const RedisClientError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_REVOCATION_REDIS_CLIENT'
    statusCode: 500
  },
  [any?, any?, any?]
>
declare const PostgresPoolError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_REVOCATION_POSTGRES_POOL'
    statusCode: 500
  },
  [any?, any?, any?]
>
declare const RevocationBusPromiseError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_REVOCATION_BUS_PROMISE'
    statusCode: 500
  },
  [any?, any?, any?]
>
declare const WebhookSecretMissingError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_WEBHOOK_SECRET_MISSING'
    statusCode: 500
  },
  [any?, any?, any?]
>
declare const WebhookSecretInvalidError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_WEBHOOK_SECRET_INVALID'
    statusCode: 500
  },
  [any?, any?, any?]
>
declare const WebhookVerifierMissingError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_WEBHOOK_VERIFIER_MISSING'
    statusCode: 500
  },
  [any?, any?, any?]
>
declare const WebhookHeadersError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_WEBHOOK_HEADERS'
    statusCode: 400
  },
  [any?, any?, any?]
>
declare const WebhookTimestampError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_WEBHOOK_TIMESTAMP'
    statusCode: 400
  },
  [any?, any?, any?]
>
declare const WebhookSignatureError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_WEBHOOK_SIGNATURE'
    statusCode: 401
  },
  [any?, any?, any?]
>
declare const WebhookPayloadError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_WEBHOOK_PAYLOAD'
    statusCode: 400
  },
  [any?, any?, any?]
>
declare const WebhookBodyError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_WEBHOOK_BODY'
    statusCode: 500
  },
  [any?, any?, any?]
>
declare const WebhookBusyError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_WEBHOOK_BUSY'
    statusCode: 409
  },
  [any?, any?, any?]
>
declare const WebhookPluginError: _fastify_error.FastifyErrorConstructor<
  {
    code: 'FST_CLERK_WEBHOOK_PLUGIN'
    statusCode: 500
  },
  [any?, any?, any?]
>
declare const errors_AcceptsTokenError: typeof AcceptsTokenError
declare const errors_AlreadyRegisteredError: typeof AlreadyRegisteredError
declare const errors_AuditEarlyRoutesError: typeof AuditEarlyRoutesError
declare const errors_AuditFullError: typeof AuditFullError
declare const errors_AuditPeerError: typeof AuditPeerError
declare const errors_AuthorizeParamsError: typeof AuthorizeParamsError
declare const errors_CrossOriginError: typeof CrossOriginError
declare const errors_DecoratorTakenError: typeof DecoratorTakenError
declare const errors_EarlyRoutesError: typeof EarlyRoutesError
type errors_ErrorEntry = ErrorEntry
declare const errors_ExtractTokenError: typeof ExtractTokenError
declare const errors_FastifyInternalsError: typeof FastifyInternalsError
declare const errors_ForbiddenError: typeof ForbiddenError
declare const errors_GuardOutsideError: typeof GuardOutsideError
declare const errors_GuardUseError: typeof GuardUseError
declare const errors_JwksKeysError: typeof JwksKeysError
declare const errors_JwksPrivateError: typeof JwksPrivateError
declare const errors_JwtKeyError: typeof JwtKeyError
declare const errors_JwtKeyNotRsaError: typeof JwtKeyNotRsaError
declare const errors_JwtKeyPrivateError: typeof JwtKeyPrivateError
declare const errors_JwtKeySizeError: typeof JwtKeySizeError
declare const errors_KeysMixedError: typeof KeysMixedError
declare const errors_KeysUnavailableError: typeof KeysUnavailableError
declare const errors_LifetimeExpiredError: typeof LifetimeExpiredError
declare const errors_LifetimeRevokedError: typeof LifetimeRevokedError
declare const errors_LocalClerkArgumentError: typeof LocalClerkArgumentError
declare const errors_LocalClerkPeerError: typeof LocalClerkPeerError
declare const errors_LocalClerkProductionError: typeof LocalClerkProductionError
declare const errors_McpAuthorizationServerError: typeof McpAuthorizationServerError
declare const errors_McpMetadataInvalidError: typeof McpMetadataInvalidError
declare const errors_McpMetadataUnavailableError: typeof McpMetadataUnavailableError
declare const errors_McpPluginError: typeof McpPluginError
declare const errors_McpRootError: typeof McpRootError
declare const errors_McpScopesError: typeof McpScopesError
declare const errors_MetricsPeerError: typeof MetricsPeerError
declare const errors_MetricsPluginError: typeof MetricsPluginError
declare const errors_MigrateParserError: typeof MigrateParserError
declare const errors_NoInitialKeysError: typeof NoInitialKeysError
declare const errors_NoKeySourceError: typeof NoKeySourceError
declare const errors_NoRoutesError: typeof NoRoutesError
declare const errors_NotEvaluatedError: typeof NotEvaluatedError
declare const errors_NotRegisteredError: typeof NotRegisteredError
declare const errors_OpenApiPluginError: typeof OpenApiPluginError
declare const errors_OpenApiSwaggerError: typeof OpenApiSwaggerError
declare const errors_OpenApiVersionError: typeof OpenApiVersionError
declare const errors_OptionDomainError: typeof OptionDomainError
declare const errors_OptionEmptyError: typeof OptionEmptyError
declare const errors_OptionOriginError: typeof OptionOriginError
declare const errors_OptionPatternError: typeof OptionPatternError
declare const errors_OptionRangeError: typeof OptionRangeError
declare const errors_OptionSecretKeyMissingError: typeof OptionSecretKeyMissingError
declare const errors_OptionTypeError: typeof OptionTypeError
declare const errors_OptionUrlError: typeof OptionUrlError
declare const errors_OptionValueError: typeof OptionValueError
declare const errors_OtelPeerError: typeof OtelPeerError
declare const errors_OtelPluginError: typeof OtelPluginError
declare const errors_PlaygroundPagesError: typeof PlaygroundPagesError
declare const errors_PostgresPoolError: typeof PostgresPoolError
declare const errors_ProxyBodyLimitError: typeof ProxyBodyLimitError
declare const errors_ProxyBodyTimeoutError: typeof ProxyBodyTimeoutError
declare const errors_ProxyBusyError: typeof ProxyBusyError
declare const errors_ProxyKeysError: typeof ProxyKeysError
declare const errors_ProxyPeerError: typeof ProxyPeerError
declare const errors_ProxyRequestError: typeof ProxyRequestError
declare const errors_ProxyTimeoutError: typeof ProxyTimeoutError
declare const errors_ProxyUpstreamError: typeof ProxyUpstreamError
declare const errors_ProxyUrlError: typeof ProxyUrlError
declare const errors_PublishableAsSecretError: typeof PublishableAsSecretError
declare const errors_PublishableKeyError: typeof PublishableKeyError
declare const errors_RedisClientError: typeof RedisClientError
declare const errors_ResolverError: typeof ResolverError
declare const errors_ResolverOnlyError: typeof ResolverOnlyError
declare const errors_ReverificationError: typeof ReverificationError
declare const errors_RevocationBusPromiseError: typeof RevocationBusPromiseError
declare const errors_RevocationTargetError: typeof RevocationTargetError
declare const errors_RevocationTimeError: typeof RevocationTimeError
declare const errors_RouteOptionsError: typeof RouteOptionsError
declare const errors_RouteOverwrittenError: typeof RouteOverwrittenError
declare const errors_RoutePolicyError: typeof RoutePolicyError
declare const errors_SatelliteDomainError: typeof SatelliteDomainError
declare const errors_SatelliteSignInUrlError: typeof SatelliteSignInUrlError
declare const errors_SecretAsPublishableError: typeof SecretAsPublishableError
declare const errors_SecretKeyError: typeof SecretKeyError
declare const errors_SecretKeyRefusedError: typeof SecretKeyRefusedError
declare const errors_SignInUrlMissingError: typeof SignInUrlMissingError
declare const errors_TokenFetchError: typeof TokenFetchError
declare const errors_UnauthorizedError: typeof UnauthorizedError
declare const errors_UndefinedHookError: typeof UndefinedHookError
declare const errors_UnknownOptionError: typeof UnknownOptionError
declare const errors_WebhookBodyError: typeof WebhookBodyError
declare const errors_WebhookBusyError: typeof WebhookBusyError
declare const errors_WebhookHeadersError: typeof WebhookHeadersError
declare const errors_WebhookPayloadError: typeof WebhookPayloadError
declare const errors_WebhookPluginError: typeof WebhookPluginError
declare const errors_WebhookSecretInvalidError: typeof WebhookSecretInvalidError
declare const errors_WebhookSecretMissingError: typeof WebhookSecretMissingError
declare const errors_WebhookSignatureError: typeof WebhookSignatureError
declare const errors_WebhookTimestampError: typeof WebhookTimestampError
declare const errors_WebhookVerifierMissingError: typeof WebhookVerifierMissingError
declare const errors_errorEntries: typeof errorEntries
declare namespace errors {
  export {
    errors_AcceptsTokenError as AcceptsTokenError,
    errors_AlreadyRegisteredError as AlreadyRegisteredError,
    errors_AuditEarlyRoutesError as AuditEarlyRoutesError,
    errors_AuditFullError as AuditFullError,
    errors_AuditPeerError as AuditPeerError,
    errors_AuthorizeParamsError as AuthorizeParamsError,
    errors_CrossOriginError as CrossOriginError,
    errors_DecoratorTakenError as DecoratorTakenError,
    errors_EarlyRoutesError as EarlyRoutesError,
    errors_ExtractTokenError as ExtractTokenError,
    errors_FastifyInternalsError as FastifyInternalsError,
    errors_ForbiddenError as ForbiddenError,
    errors_GuardOutsideError as GuardOutsideError,
    errors_GuardUseError as GuardUseError,
    errors_JwksKeysError as JwksKeysError,
    errors_JwksPrivateError as JwksPrivateError,
    errors_JwtKeyError as JwtKeyError,
    errors_JwtKeyNotRsaError as JwtKeyNotRsaError,
    errors_JwtKeyPrivateError as JwtKeyPrivateError,
    errors_JwtKeySizeError as JwtKeySizeError,
    errors_KeysMixedError as KeysMixedError,
    errors_KeysUnavailableError as KeysUnavailableError,
    errors_LifetimeExpiredError as LifetimeExpiredError,
    errors_LifetimeRevokedError as LifetimeRevokedError,
    errors_LocalClerkArgumentError as LocalClerkArgumentError,
    errors_LocalClerkPeerError as LocalClerkPeerError,
    errors_LocalClerkProductionError as LocalClerkProductionError,
    errors_McpAuthorizationServerError as McpAuthorizationServerError,
    errors_McpMetadataInvalidError as McpMetadataInvalidError,
    errors_McpMetadataUnavailableError as McpMetadataUnavailableError,
    errors_McpPluginError as McpPluginError,
    errors_McpRootError as McpRootError,
    errors_McpScopesError as McpScopesError,
    errors_MetricsPeerError as MetricsPeerError,
    errors_MetricsPluginError as MetricsPluginError,
    errors_MigrateParserError as MigrateParserError,
    errors_NoInitialKeysError as NoInitialKeysError,
    errors_NoKeySourceError as NoKeySourceError,
    errors_NoRoutesError as NoRoutesError,
    errors_NotEvaluatedError as NotEvaluatedError,
    errors_NotRegisteredError as NotRegisteredError,
    errors_OpenApiPluginError as OpenApiPluginError,
    errors_OpenApiSwaggerError as OpenApiSwaggerError,
    errors_OpenApiVersionError as OpenApiVersionError,
    errors_OptionDomainError as OptionDomainError,
    errors_OptionEmptyError as OptionEmptyError,
    errors_OptionOriginError as OptionOriginError,
    errors_OptionPatternError as OptionPatternError,
    errors_OptionRangeError as OptionRangeError,
    errors_OptionSecretKeyMissingError as OptionSecretKeyMissingError,
    errors_OptionTypeError as OptionTypeError,
    errors_OptionUrlError as OptionUrlError,
    errors_OptionValueError as OptionValueError,
    errors_OtelPeerError as OtelPeerError,
    errors_OtelPluginError as OtelPluginError,
    errors_PlaygroundPagesError as PlaygroundPagesError,
    errors_PostgresPoolError as PostgresPoolError,
    errors_ProxyBodyLimitError as ProxyBodyLimitError,
    errors_ProxyBodyTimeoutError as ProxyBodyTimeoutError,
    errors_ProxyBusyError as ProxyBusyError,
    errors_ProxyKeysError as ProxyKeysError,
    errors_ProxyPeerError as ProxyPeerError,
    errors_ProxyRequestError as ProxyRequestError,
    errors_ProxyTimeoutError as ProxyTimeoutError,
    errors_ProxyUpstreamError as ProxyUpstreamError,
    errors_ProxyUrlError as ProxyUrlError,
    errors_PublishableAsSecretError as PublishableAsSecretError,
    errors_PublishableKeyError as PublishableKeyError,
    errors_RedisClientError as RedisClientError,
    errors_ResolverError as ResolverError,
    errors_ResolverOnlyError as ResolverOnlyError,
    errors_ReverificationError as ReverificationError,
    errors_RevocationBusPromiseError as RevocationBusPromiseError,
    errors_RevocationTargetError as RevocationTargetError,
    errors_RevocationTimeError as RevocationTimeError,
    errors_RouteOptionsError as RouteOptionsError,
    errors_RouteOverwrittenError as RouteOverwrittenError,
    errors_RoutePolicyError as RoutePolicyError,
    errors_SatelliteDomainError as SatelliteDomainError,
    errors_SatelliteSignInUrlError as SatelliteSignInUrlError,
    errors_SecretAsPublishableError as SecretAsPublishableError,
    errors_SecretKeyError as SecretKeyError,
    errors_SecretKeyRefusedError as SecretKeyRefusedError,
    errors_SignInUrlMissingError as SignInUrlMissingError,
    errors_TokenFetchError as TokenFetchError,
    errors_UnauthorizedError as UnauthorizedError,
    errors_UndefinedHookError as UndefinedHookError,
    errors_UnknownOptionError as UnknownOptionError,
    errors_WebhookBodyError as WebhookBodyError,
    errors_WebhookBusyError as WebhookBusyError,
    errors_WebhookHeadersError as WebhookHeadersError,
    errors_WebhookPayloadError as WebhookPayloadError,
    errors_WebhookPluginError as WebhookPluginError,
    errors_WebhookSecretInvalidError as WebhookSecretInvalidError,
    errors_WebhookSecretMissingError as WebhookSecretMissingError,
    errors_WebhookSignatureError as WebhookSignatureError,
    errors_WebhookTimestampError as WebhookTimestampError,
    errors_WebhookVerifierMissingError as WebhookVerifierMissingError,
    errors_errorEntries as errorEntries
  }
  export type { errors_ErrorEntry as ErrorEntry }
}
type CodeOf<Export> = Export extends new (
  ...args: never
) => {
  code: infer C
}
  ? C
  : never
type ClerkAuthErrorCode = {
  [Name in keyof typeof errors]: CodeOf<(typeof errors)[Name]>
}[keyof typeof errors]
type InstanceOption = 'publishableKey' | 'secretKey' | 'jwtKey' | 'jwks.keys'
interface InstanceMismatch {
  readonly options: readonly [InstanceOption, InstanceOption]
}
type WarmUp = 'wait' | 'wait-or-degrade' | 'background' | false
interface KeySetSnapshotStore {
  get(): Promise<string | null | undefined> | string | null | undefined
  set(snapshot: string): Promise<void> | void
  claim?(ms: number): Promise<boolean> | boolean
}
interface JwksOptions {
  readonly keys?: readonly object[] | undefined
  readonly snapshot?: string | KeySetSnapshotStore | undefined
  readonly cacheMaxAgeInMs?: number | undefined
  readonly refreshAheadInMs?: number | undefined
  readonly staleIfErrorInMs?: number | undefined
  readonly cooldownInMs?: number | undefined
  readonly timeoutInMs?: number | undefined
  readonly maxBytes?: number | undefined
  readonly maxKeys?: number | undefined
  readonly warmUp?: WarmUp | undefined
  readonly pollWhenIdle?: boolean | undefined
}
declare const JWKS: {
  keys: Option<readonly object[], readonly object[] | null>
  snapshot: Option<string | KeySetSnapshotStore, string | KeySetSnapshotStore | null>
  cacheMaxAgeInMs: Option<number, number>
  refreshAheadInMs: Option<number, number | null>
  staleIfErrorInMs: Option<number, number>
  cooldownInMs: Option<number, number>
  timeoutInMs: Option<number, number>
  maxBytes: Option<number, number>
  maxKeys: Option<number, number>
  warmUp: Option<false | 'wait' | 'wait-or-degrade' | 'background', false | 'wait' | 'wait-or-degrade' | 'background'>
  pollWhenIdle: Option<boolean, boolean>
}
interface JwksSettings extends Omit<SettingsOf<typeof JWKS>, 'refreshAheadInMs'> {
  readonly refreshAheadInMs: number
}
type AuthorizedParties = readonly string[] | ((azp: string) => boolean)
type AcceptsToken = TokenType | 'any' | readonly TokenType[]
type ReportOnlyRule = 'issuer' | 'authorizedParties'
interface MachineTokenOptions {
  readonly cacheTtlInMs?: number | undefined
  readonly negativeCacheTtlInMs?: number | undefined
  readonly maxEntries?: number | undefined
  readonly maxConcurrency?: number | undefined
  readonly jwtOnly?: boolean | undefined
}
interface OrganizationSyncOptions {
  readonly organizationPatterns?: readonly string[] | undefined
  readonly personalAccountPatterns?: readonly string[] | undefined
}
type WhenBusIsAway = 'local' | 'refuse'
interface RevocationOptions {
  readonly bus?: RevocationBus | undefined
  readonly whenBusIsAway?: WhenBusIsAway | undefined
  readonly maxEntries?: number | undefined
}
interface TokenCacheOptions {
  readonly maxEntries?: number | undefined
  readonly maxBytes?: number | undefined
}
type DebugHeaders = 'full' | 'reason' | false
interface TokenRequest {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}
type ExtractToken = {
  extract(request: TokenRequest): string | undefined
}['extract']
type ExplainPermission = {
  permits(request: TokenRequest): boolean
}['permits']
type CrossOrigin = 'refuse' | 'report' | false
interface ClerkAuthOptions {
  readonly publishableKey?: string | null | undefined
  readonly secretKey?: string | null | undefined
  readonly machineSecretKey?: string | null | undefined
  readonly jwtKey?: string | readonly string[] | null | undefined
  readonly jwks?: JwksOptions | undefined
  readonly apiUrl?: string | null | undefined
  readonly apiVersion?: string | null | undefined
  readonly apiTimeoutInMs?: number | undefined
  readonly audience?: string | readonly string[] | undefined
  readonly requireAudience?: boolean | undefined
  readonly authorizedParties?: AuthorizedParties | undefined
  readonly issuer?: string | readonly string[] | null | undefined
  readonly reportOnly?: readonly ReportOnlyRule[] | undefined
  readonly clockSkewInMs?: number | undefined
  readonly acceptsToken?: AcceptsToken | undefined
  readonly domain?: string | null | undefined
  readonly isSatellite?: boolean | null | undefined
  readonly satelliteAutoSync?: boolean | undefined
  readonly proxyUrl?: string | null | undefined
  readonly signInUrl?: string | null | undefined
  readonly signUpUrl?: string | null | undefined
  readonly handshake?: boolean | undefined
  readonly debugHeaders?: DebugHeaders | undefined
  readonly crossOrigin?: CrossOrigin | undefined
  readonly extractToken?: ExtractToken | undefined
  readonly explain?: boolean | ExplainPermission | undefined
  readonly requireAuthRedirect?: boolean | undefined
  readonly defaultDeny?: boolean | undefined
  readonly earlyRoutes?: boolean | readonly string[] | undefined
  readonly organizationSyncOptions?: OrganizationSyncOptions | undefined
  readonly tokenCache?: TokenCacheOptions | undefined
  readonly machineTokens?: MachineTokenOptions | undefined
  readonly revocation?: RevocationOptions | undefined
  readonly maxInstances?: number | undefined
  readonly now?: (() => number) | undefined
  readonly fetch?: typeof globalThis.fetch | undefined
  readonly logger?: Logger | undefined
}
declare const OPTIONS: {
  publishableKey: Option<string | null, string | null>
  secretKey: Option<string | null, string | null>
  machineSecretKey: Option<string | null, string | null>
  jwtKey: Option<string | readonly string[] | null, readonly string[]>
  jwks: Option<JwksOptions, JwksSettings>
  apiUrl: Option<string | null, string | null>
  apiVersion: Option<string | null, string>
  apiTimeoutInMs: Option<number, number>
  audience: Option<string | readonly string[], readonly string[]>
  requireAudience: Option<boolean, boolean | null>
  authorizedParties: Option<AuthorizedParties, AuthorizedParties>
  issuer: Option<string | readonly string[] | null, readonly string[] | null>
  reportOnly: Option<readonly ReportOnlyRule[], Readonly<Record<ReportOnlyRule, boolean>>>
  clockSkewInMs: Option<number, number>
  acceptsToken: Option<AcceptsToken, AcceptsToken>
  domain: Option<string | null, string>
  isSatellite: Option<boolean | null, boolean>
  satelliteAutoSync: Option<boolean, boolean>
  proxyUrl: Option<string | null, string>
  signInUrl: Option<string | null, string>
  signUpUrl: Option<string | null, string>
  handshake: Option<boolean, boolean>
  debugHeaders: Option<false | 'reason' | 'full', false | 'reason' | 'full'>
  extractToken: Option<
    (request: TokenRequest) => string | undefined,
    ((request: TokenRequest) => string | undefined) | null
  >
  crossOrigin: Option<false | 'refuse' | 'report', false | 'refuse' | 'report'>
  explain: Option<boolean | ((request: TokenRequest) => boolean), boolean | ((request: TokenRequest) => boolean) | null>
  requireAuthRedirect: Option<boolean, boolean>
  earlyRoutes: Option<boolean | readonly string[], boolean | readonly string[]>
  defaultDeny: Option<boolean, boolean>
  organizationSyncOptions: Option<
    OrganizationSyncOptions,
    SettingsOf<{
      organizationPatterns: Option<readonly string[], readonly string[]>
      personalAccountPatterns: Option<readonly string[], readonly string[]>
    }> | null
  >
  tokenCache: Option<
    TokenCacheOptions,
    SettingsOf<{
      maxEntries: Option<number, number>
      maxBytes: Option<number, number>
    }>
  >
  machineTokens: Option<
    MachineTokenOptions,
    SettingsOf<{
      cacheTtlInMs: Option<number, number>
      negativeCacheTtlInMs: Option<number, number>
      maxEntries: Option<number, number>
      maxConcurrency: Option<number, number>
      jwtOnly: Option<boolean, boolean>
    }>
  >
  revocation: Option<
    RevocationOptions,
    SettingsOf<{
      bus: Option<RevocationBus, RevocationBus | null>
      whenBusIsAway: Option<'local' | 'refuse', 'local' | 'refuse'>
      maxEntries: Option<number, number>
    }>
  >
  maxInstances: Option<number, number>
  now: Option<() => number, () => number>
  fetch: Option<typeof fetch, typeof fetch>
  logger: Option<Logger, Logger | null>
}
interface InstanceSettings extends Omit<SettingsOf<typeof OPTIONS>, 'apiUrl' | 'issuer' | 'logger'> {
  readonly instanceType: 'development' | 'production' | null
  readonly frontendApi: string | null
  readonly originalFrontendApi: string | null
  readonly cookieSuffix: string
  readonly apiUrl: string
  readonly issuers: readonly string[]
  readonly logger: Logger
}
interface InstanceHealth {
  readonly keys: KeyStoreHealth
  readonly revocation: RevocationsHealth
  readonly clock: ClockOffset | null
  readonly instanceMismatch: InstanceMismatch | null
  readonly degraded: boolean
  readonly ready: boolean
}
interface AudienceRule {
  readonly values: readonly string[]
  readonly isRequired: boolean | null
}
declare const DECIDING_HEADERS: Readonly<{
  readonly secFetchDest: 'sec-fetch-dest'
  readonly accept: 'accept'
  readonly referer: 'referer'
}>
type DecidingHeaders = {
  readonly [Name in keyof typeof DECIDING_HEADERS]: string
}
interface Carried extends DecidingHeaders {
  readonly method: string
  readonly url: URL
  readonly target: string
  readonly headerToken: string
  readonly retainedLength?: number
  readonly cookies: CarriedCookies
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}
interface CarriedCookies {
  session: string
  sessionSuffixed: string
  clientUat: string
  clientUatSuffixed: string
  devBrowser: string
  devBrowserSuffixed: string
  refreshSuffixed: string
  handshake: string
  handshakeNonce: string
  redirectCount: string
}
type CookieReader = (header: string | undefined, into: CarriedCookies) => void
type MachineFailureReason =
  | 'token-invalid'
  | 'token-revoked'
  | 'revocation-bus-away'
  | 'token-verification-failed'
  | 'secret-key-invalid'
  | 'unexpected-error'
interface VerifiedMachineToken {
  readonly ok: true
  readonly type: MachineTokenType
  readonly auth: MachineAuth
  readonly audience: readonly string[] | null
  readonly tokenId: string | null
  readonly userId: string | null
  readonly orgId: string | null
  readonly clientId: string | null
  readonly issuedAtMs: number
  readonly isOpaque: boolean
  clearedEpoch: number
}
type KnownMachine = (
  method: string,
  authorization: string | string[] | undefined,
  acceptsToken: AcceptsToken,
  audience: AudienceRule
) => VerifiedMachineToken | null
type RequestHeaders = Readonly<Record<string, string | string[] | undefined>>
interface RequestSource {
  readonly method: string
  readonly target: string
  readonly headers: RequestHeaders
  readonly protocol: string
  readonly host: string
  readonly token?: string | undefined
}
type JsonObject = {
  readonly [member: string]: unknown
}
type TokenCategory = 'session' | 'template' | 'm2m' | 'oauth' | 'unknown'
interface JoseHeader {
  readonly algorithm: SignatureAlgorithm | null
  readonly kid: string | undefined
  readonly category: TokenCategory
  readonly isJwt: boolean
  readonly isCritical: boolean
}
declare class UnverifiedToken {
  readonly text: string
  readonly retainedLength: number
  readonly payloadEnd: number
  readonly header: JsonObject
  readonly jose: JoseHeader
  readonly claims: JsonObject
  refusal: VerificationFailure | null
  verified: VerifiedToken | null
  pending: Later<VerificationOutcome> | null
  isShared: boolean
  tailHash: number
  nextInFlight: UnverifiedToken | null
  constructor(
    text: string,
    payloadEnd: number,
    header: JsonObject,
    jose: JoseHeader,
    claims: JsonObject,
    refusal: VerificationFailure | null,
    retainedLength?: number
  )
}
declare class UnseenSession {
  readonly text: string
  readonly retainedLength: number
  readonly clientUat: number | null
  constructor(text: string, retainedLength: number, clientUat: number | null)
}
type FirstSeen = (session: UnseenSession) => UnverifiedToken | null
type Headers = {
  readonly [Name in
    | ':method'
    | 'authorization'
    | 'cookie'
    | (typeof DECIDING_HEADERS)[keyof typeof DECIDING_HEADERS]
    | 'cloudfront-forwarded-proto']?: string | string[] | undefined
}
type PublicOrigin = Pick<RequestSource, 'protocol' | 'host'>
type KnownSession = (
  method: string,
  target: string,
  headers: Headers,
  origin?: PublicOrigin
) => VerifiedToken | UnseenSession | CarriedCookies | null
type StateReason =
  | 'session-token-and-uat-missing'
  | 'session-token-but-no-client-uat'
  | 'client-uat-but-no-session-token'
  | 'session-token-iat-before-client-uat'
  | 'session-token-nbf'
  | 'session-token-iat-in-the-future'
  | 'session-token-missing'
  | 'dev-browser-sync'
  | 'dev-browser-missing'
  | 'satellite-needs-syncing'
  | 'primary-responds-to-syncing'
  | 'primary-domain-cross-origin-sync'
  | 'active-organization-mismatch'
  | 'token-type-mismatch'
  | 'No token in header'
type RequestReason =
  | StateReason
  | VerificationFailureReason
  | MachineFailureReason
  | `session-token-expired-refresh-${string}`
interface RequestState extends ResponseParts {
  readonly status: 'signed-in' | 'signed-out' | 'handshake'
  readonly tokenType: TokenType | null
  readonly auth: Auth
  readonly verified: VerifiedToken | null
  readonly reason: RequestReason | null
  readonly message: string | null
}
interface ResponseParts {
  readonly location: string | null
  readonly headers: Readonly<Record<string, string>> | null
  readonly setCookies: readonly string[]
}
declare class Stats {
  hits: number
  hitMs: number
  misses: number
  verifications: number
  pooledVerifications: number
  forged: number
  shared: number
  signedIn: number
  signedOut: number
  handshakes: number
  unavailable: number
  evictions: number
  revoked: number
  reportedIssuers: number
  reportedAuthorizedParties: number
  cookieTokensWithoutAzp: number
  reportedCrossOrigin: number
  refusedCrossOrigin: number
}
interface TokenCache {
  find(token: string): VerifiedToken | undefined
  add(verified: VerifiedToken, nowMs: number): void
  delete(verified: VerifiedToken): void
  clear(): void
  readonly size: number
  readonly bytes: number
}
interface TokenMemory extends TokenCache {
  keyOf(text: string): VerificationKey | undefined
  addSignature(text: string, key: VerificationKey, expiresAtMs: number, nowMs: number): boolean
  deleteSignature(text: string): void
}
type SignatureOutcome =
  | {
      readonly ok: true
    }
  | VerificationFailure
interface Verifier {
  recall(text: string): VerificationOutcome | undefined
  lookUp(text: string, retainedLength?: number): VerifiedToken | UnverifiedToken | null
  decodeUnseen(text: string, retainedLength: number): UnverifiedToken | null
  decode(text: string): UnverifiedToken | null
  accept(verified: VerifiedToken): VerifiedToken
  judge(token: UnverifiedToken): VerificationOutcome | Later<VerificationOutcome>
  verify(text: string, skewMs?: number): VerificationOutcome | Later<VerificationOutcome>
  verifySignature(token: UnverifiedToken): Eventually<SignatureOutcome>
}
interface Refused {
  readonly token: UnverifiedToken
  readonly failure: VerificationFailure
}
interface InstanceStats extends Readonly<Stats> {
  readonly cachedTokens: number
  readonly cachedBytes: number
  readonly keys: KeyStoreStats
}
interface AuthenticationPolicy {
  readonly acceptsToken: AcceptsToken
  readonly allowsHandshake: boolean
  readonly audience: AudienceRule
}
interface Instance {
  readonly settings: InstanceSettings
  readonly counters: Stats
  readonly log: Logger
  readonly verifier: Verifier
  readonly keyStore: KeyStore
  readonly memory: TokenMemory
  readonly revocations: Revocations
  readonly readCookies: CookieReader
  readonly knownSession: KnownSession
  readonly knownMachine: KnownMachine
  readonly proxyUrl: string
  followProxy(path: string): void
  readonly firstSeen: FirstSeen
  verifySession(token: UnverifiedToken): Eventually<VerificationOutcome>
  enterWaiting(): void
  leaveWaiting(): void
  authenticate(carried: Carried, policy: AuthenticationPolicy, refused?: Refused | null): Eventually<RequestState>
  verifyToken(token: string, options?: VerifyOptions): VerifyResult | Promise<VerifyResult>
  causeOf(reason: string | null): string | null
  clockOffsetMs(): number | null
  stats(): InstanceStats
  health(): InstanceHealth
  readonly waiting: number
  rest(): void
  ready(): Promise<void>
  close(): Promise<void>
}
declare function shareKeySets(): void
interface TokenVerifier {
  verify(token: string, options?: VerifyOptions): Promise<VerifyResult>
  revoke(target: RevocationTarget, at?: number | Date): Promise<boolean>
  health(): InstanceHealth
  stats(): InstanceStats
  ready(): Promise<void>
  close(): Promise<void>
}
declare function createTokenVerifier(options?: ClerkAuthOptions): TokenVerifier
interface DecisionRow {
  readonly path: 'header' | 'cookies' | 'none'
  readonly row: number | null
  readonly section: '2.7' | '4.3' | '8' | null
}
interface CarriedNames {
  readonly authorization: 'absent' | 'token' | 'not-bearer' | 'extracted'
  readonly cookies: readonly string[]
  readonly cookieFamily: 'suffixed' | 'unsuffixed' | null
  readonly hasCookiesOfAnother: boolean
  readonly parameters: readonly string[]
  readonly isPageLoad: boolean
  readonly redirects: number
}
interface TokenFacts {
  readonly carrier: 'header' | 'cookie'
  readonly kind: TokenType | 'other-jwt' | 'not-a-token'
  readonly isInMemory: boolean
  readonly isOfThisInstance: boolean | null
  readonly ageInMs: number | null
  readonly expiresInMs: number | null
  readonly isOlderThanSignIn: boolean | null
}
interface DecisionPath {
  readonly carried: CarriedNames
  readonly token: TokenFacts | null
  readonly decidedBy: DecisionRow
}
interface PreflightRequest {
  readonly method: string
  readonly headers: IncomingHttpHeaders
  readonly routeOptions: {
    readonly method?: string | readonly string[] | undefined
    readonly config?: unknown
  }
  readonly is404: boolean
}
interface GuardRequest extends PreflightRequest {}
interface GuardReply {
  header(name: string, value: string | number): unknown
  getHeader?(name: string): unknown
  type(contentType: string): unknown
  redirect(url: string, code?: number): unknown
  send(payload?: unknown): unknown
  readonly sent?: boolean
  callNotFound?(): unknown
  readonly raw?: {
    once(event: 'close', listener: () => void): unknown
  }
}
type GuardDone = (error?: Error) => void
interface GuardHook {
  (request: GuardRequest, reply: GuardReply, done: GuardDone): void
  (request: GuardRequest, reply: GuardReply, payload: unknown, done: GuardDone): void
  (request: GuardRequest, reply: GuardReply): Promise<void>
}
type AuthenticatedAuth = SignedInAuth | MachineAuth
interface GuardRequirement {
  readonly guard: 'requireAuth' | 'authorize'
  readonly conditions: SessionConditions | null
  readonly scopes: readonly string[]
  readonly hasPredicate: boolean
  readonly isHidden: boolean
  readonly tokenTypes?: readonly TokenType[]
  readonly audience?: AudienceRule
  readonly challenge?: string
}
interface GuardVerdict {
  readonly guard: 'requireAuth' | 'authorize' | 'crossOrigin'
  readonly code: string | null
  readonly isRedirect: boolean
  readonly isHidden: boolean
}
interface Decision {
  readonly state: 'signed-in' | RefusalEvent['state'] | 'not-evaluated'
  readonly tokenType: TokenType | null
  readonly reason: string | null
  readonly message: string | null
  readonly isRedirected: boolean
  readonly verdict: GuardVerdict | null
}
interface Explanation extends DecisionPath {
  readonly state: Decision['state']
  readonly tokenType: TokenType | null
  readonly reason: string | null
  readonly message: string | null
  readonly isRedirected: boolean
  readonly verdict: GuardVerdict | null
}
interface Identity {
  readonly kind: 'user' | 'organization' | 'machine'
  readonly id: string
}
type ClerkRouteConfig = false | ClerkRouteOptions
interface ClerkRouteOptions {
  readonly acceptsToken?: AcceptsToken
  readonly audience?: string | readonly string[]
  readonly requireAudience?: boolean
  readonly crossOrigin?: CrossOrigin
  readonly treatPendingAsSignedOut?: boolean
  readonly handshake?: boolean
  readonly public?: boolean
  readonly guarded?: boolean
  readonly audit?: boolean | AuditRouteOptions
}
interface RouteTableEntry {
  readonly method: string
  readonly url: string
  readonly constraints: Readonly<Record<string, unknown>> | null
  readonly policy: 'off' | 'public' | 'open' | 'required'
  readonly acceptsToken: AcceptsToken
  readonly audience: readonly string[]
  readonly requireAudience: boolean | null
  readonly crossOrigin: CrossOrigin
  readonly guards: readonly GuardRequirement[]
}
interface ClerkDecorator {
  verifyToken(token: string, request?: FastifyRequest, options?: VerifyOptions): Promise<VerifyResult>
  revoke(target: RevocationTarget, at?: number | Date): Promise<boolean>
  lifetime(request: FastifyRequest): Lifetime
  openLifetime(token: string, request?: FastifyRequest): Promise<Lifetime>
  identify(request: unknown): Identity | null
  explain(request: FastifyRequest): Explanation | null
  health(): InstanceHealth
  stats(): InstanceStats
  routes(): readonly RouteTableEntry[]
  printRoutes(): string
  instanceOf(request?: FastifyRequest): Instance
  instances(): readonly Instance[]
}
declare function getAuth(request: GuardRequest): SessionAuth
declare function getAuth(
  request: GuardRequest,
  options: {
    readonly acceptsToken: 'any'
  }
): Auth
declare function getAuth<const T extends TokenType>(
  request: GuardRequest,
  options: {
    readonly acceptsToken: T
  }
): AuthFor<T>
declare function getAuth<const T extends readonly TokenType[]>(
  request: GuardRequest,
  options: {
    readonly acceptsToken: T
  }
): AuthFor<T>
declare function assertSignedIn(auth: Auth | AuthNotEvaluated): asserts auth is SignedInAuth
interface AuthorizeOptions {
  readonly as?: 'not-found' | undefined
}
type AuthorizePredicate<Accepted = InstanceAcceptsToken> = (
  has: (params: HasParams) => boolean,
  auth: Extract<
    AuthFor<Accepted>,
    {
      isAuthenticated: true
    }
  >
) => boolean
interface ScopeParams extends SessionConditions {
  readonly scopes: string | readonly string[]
}
type AuthorizeParams = HasParams | ScopeParams
type Authorize = <Accepted = InstanceAcceptsToken>(
  condition: AuthorizeParams | AuthorizePredicate<Accepted>,
  options?: AuthorizeOptions
) => GuardHook
type AuthorizeCheck<
  RouteGeneric extends RouteGenericInterface = RouteGenericInterface,
  Accepted = InstanceAcceptsToken
> = (
  auth: Extract<
    AuthFor<Accepted>,
    {
      isAuthenticated: true
    }
  >,
  request: FastifyRequest<RouteGeneric>
) => Promise<boolean>
type AuthorizeAsync = <
  RouteGeneric extends RouteGenericInterface = RouteGenericInterface,
  Accepted = InstanceAcceptsToken
>(
  check: AuthorizeCheck<RouteGeneric, Accepted>,
  options?: AuthorizeOptions
) => GuardHook
interface Guarded {
  readonly onRequest: GuardHook
  readonly config: {
    readonly clerk: {
      readonly guarded: true
    }
  }
}
declare const guarded: Guarded
declare const requireAuth: GuardHook
declare const authorize: Authorize
declare const authorizeAsync: AuthorizeAsync
type RefusalError = FastifyError & {
  readonly reason: string
  readonly headers: Readonly<Record<string, string>>
}
declare function signedIn<
  This,
  Request extends {
    readonly auth: Auth
  },
  Reply,
  Result
>(
  handler: (
    this: This,
    request: Request & {
      readonly auth: SignedInAuth
    },
    reply: Reply
  ) => Result
): (this: This, request: Request, reply: Reply) => Result
type InstanceOptions = Omit<ClerkAuthOptions, 'maxInstances' | 'defaultDeny' | 'earlyRoutes' | 'logger'>
type InstanceResolver = (request: FastifyRequest) => InstanceOptions | PromiseLike<InstanceOptions>
interface ResolverOptions extends Pick<ClerkAuthOptions, 'maxInstances' | 'defaultDeny' | 'earlyRoutes' | 'logger'> {
  readonly resolver: InstanceResolver
}
type PluginOptions = ClerkAuthOptions | ResolverOptions
declare module 'fastify' {
  interface FastifyRequest<
    RouteGeneric extends RouteGenericInterface = RouteGenericInterface,
    RawServer extends RawServerBase = RawServerDefault,
    RawRequest extends RawRequestDefaultExpression<RawServer> = RawRequestDefaultExpression<RawServer>,
    SchemaCompiler extends FastifySchema = FastifySchema,
    TypeProvider extends FastifyTypeProvider = FastifyTypeProviderDefault,
    ContextConfig = ContextConfigDefault,
    Logger extends FastifyBaseLogger = FastifyBaseLogger,
    RequestType extends FastifyRequestType = ResolveFastifyRequestType<TypeProvider, SchemaCompiler, RouteGeneric>
  > {
    readonly auth: RequestAuth<ContextConfig>
  }
  interface FastifyInstance {
    readonly requireAuth: GuardHook
    readonly authorize: Authorize
    readonly clerk: ClerkDecorator
  }
  interface FastifyContextConfig {
    clerk?: ClerkRouteConfig
  }
}
declare const clerkAuth: fastify.FastifyPluginCallback<
  PluginOptions,
  fastify.RawServerDefault,
  fastify.FastifyTypeProviderDefault,
  fastify.FastifyBaseLogger
>
interface LoggedRequest {
  readonly method: string
  readonly url: string
  readonly headers?: Readonly<Record<string, string | string[] | undefined>>
  readonly host?: string
  readonly ip?: string
  readonly socket?: {
    readonly remotePort?: number | undefined
  } | null
}
interface SerializedRequest {
  readonly method: string
  readonly url: string
  readonly version?: string
  readonly host?: string
  readonly remoteAddress?: string
  readonly remotePort?: number
  readonly [name: string]: unknown
}
declare function requestSerializer(request: LoggedRequest): SerializedRequest
type SerializedRevocation = readonly [
  version: string | number | null,
  kindOrUser: string | null,
  id: string | null,
  atMs: number
]
declare function serializeRevocation(revocation: Revocation): SerializedRevocation
declare function parseRevocation(value: unknown): Revocation | null
export {
  assertSignedIn,
  authorize,
  authorizeAsync,
  clerkAuth,
  createTokenVerifier,
  getAuth,
  guarded,
  parseRevocation,
  requestSerializer,
  requireAuth,
  serializeRevocation,
  shareKeySets,
  signedIn
}
export type {
  AcceptsToken,
  Actor,
  ApiKeyAuth,
  AuditRouteOptions,
  AuditWhen,
  Auth,
  AuthFor,
  AuthNotEvaluated,
  AuthenticatedAuth,
  Authorize,
  AuthorizeAsync,
  AuthorizeCheck,
  AuthorizeOptions,
  AuthorizeParams,
  AuthorizePredicate,
  BusAwayCause,
  ClerkAuthErrorCode,
  ClerkAuthOptions,
  ClerkDecorator,
  ClerkRouteConfig,
  ClerkRouteOptions,
  ClockOffset,
  CrossOrigin,
  DebugHeaders,
  EvictionEvent,
  ExplainPermission,
  Explanation,
  ExtractToken,
  GetTokenOptions,
  GuardHook,
  GuardReply,
  GuardRequest,
  GuardRequirement,
  Guarded,
  HasParams,
  Identity,
  InstanceHealth,
  InstanceOptions,
  InstanceResolver,
  InstanceStats,
  InvalidTokenAuth,
  JwksOptions,
  KeyOutageEvent,
  KeyRefreshEvent,
  KeySetSnapshotStore,
  KeyStoreHealth,
  KeyStoreStats,
  Lifetime,
  LoggedRequest,
  Logger,
  M2MTokenAuth,
  MachineAuth,
  MachineTokenOptions,
  MachineTokenType,
  OAuthTokenAuth,
  OrganizationPermission,
  OrganizationRole,
  OrganizationSyncOptions,
  PluginOptions,
  RefreshCause,
  RefusalError,
  RefusalEvent,
  Renewal,
  RenewalFailureReason,
  RequestAuth,
  ResolverOptions,
  ReverificationConfig,
  ReverificationLevel,
  ReverificationPreset,
  Revocation,
  RevocationBus,
  RevocationBusChange,
  RevocationBusEvent,
  RevocationBusHealth,
  RevocationKind,
  RevocationOptions,
  RevocationPeer,
  RevocationTarget,
  RevocationsHealth,
  RouteTableEntry,
  ScopeParams,
  ScopedName,
  SerializedRequest,
  SerializedRevocation,
  SessionAuth,
  SessionClaims,
  SessionConditions,
  SessionStatus,
  SignedInAuth,
  SignedOutAuth,
  TokenCacheOptions,
  TokenRequest,
  TokenType,
  TokenVerifier,
  UnauthenticatedMachineAuth,
  UnknownKidEvent,
  VerificationEvent,
  VerificationFailureReason,
  VerifyOptions,
  VerifyResult,
  WarmUp,
  WhenBusIsAway
}
