interface Certificate {
  readonly key: string
  readonly cert: string
}
interface TokenOrganization {
  readonly id: string
  readonly slug?: string | undefined
  readonly role?: string | undefined
  readonly permissions?: readonly string[] | undefined
  readonly features?: readonly string[] | undefined
  readonly plans?: readonly string[] | undefined
}
interface SessionTokenInput {
  readonly userId?: string | undefined
  readonly sessionId?: string | null | undefined
  readonly org?: TokenOrganization | null | undefined
  readonly features?: readonly string[] | undefined
  readonly plans?: readonly string[] | undefined
  readonly claims?: Readonly<Record<string, unknown>> | undefined
  readonly version?: 1 | 2 | undefined
  readonly issuedAtMs?: number | undefined
  readonly expiresInSeconds?: number | undefined
  readonly azp?: string | null | undefined
  readonly status?: 'active' | 'pending' | undefined
  readonly factorVerificationAge?: readonly [number, number] | null | undefined
  readonly actor?: Readonly<Record<string, unknown>> | undefined
  readonly header?: Readonly<Record<string, unknown>> | undefined
  readonly kid?: string | undefined
}
interface LocalUser {
  readonly id: string
  readonly name?: string | undefined
  readonly email?: string | undefined
  readonly password?: string | undefined
  readonly note?: string | undefined
  readonly memberships?: readonly LocalMembership[] | undefined
  readonly features?: readonly string[] | undefined
  readonly plans?: readonly string[] | undefined
  readonly activeOrgId?: string | null | undefined
}
interface LocalMembership {
  readonly orgId: string
  readonly role: string
  readonly permissions?: readonly string[] | undefined
}
interface LocalOrganization {
  readonly id: string
  readonly slug: string
  readonly name?: string | undefined
  readonly features?: readonly string[] | undefined
  readonly plans?: readonly string[] | undefined
}
interface LocalSession {
  readonly id: string
  readonly userId: string
  readonly createdAtMs: number
  status: 'active' | 'pending' | 'revoked' | 'ended'
  activeOrgId: string | null
  readonly refreshToken: string
}
interface Directory {
  users(): readonly LocalUser[]
  user(id: string): LocalUser | undefined
  userByEmail(email: string): LocalUser | undefined
  addUser(user: LocalUser): boolean
  organization(idOrSlug: string): LocalOrganization | undefined
  memberCount(orgId: string): number
  session(id: string): LocalSession | undefined
  openSession(userId: string, atMs: number): LocalSession
  activate(session: LocalSession, idOrSlug: string): boolean
  tokenOrganization(userId: string, orgId: string | null): TokenOrganization | undefined
}
type HandshakeFormat = 'auto' | 'nonce' | 'token'
interface LocalClerkOptions {
  readonly instanceType?: 'development' | 'production' | undefined
  readonly frontendApi?: string | undefined
  readonly apiUrl?: string | undefined
  readonly secretKey?: string | undefined
  readonly webhookSecret?: string | undefined
  readonly signingKey?: string | undefined
  readonly tokenLifetimeInMs?: number | undefined
  readonly azp?: string | null | undefined
  readonly users?: readonly LocalUser[] | undefined
  readonly organizations?: readonly LocalOrganization[] | undefined
  readonly satellites?: readonly string[] | undefined
  readonly templates?: Readonly<Record<string, Readonly<Record<string, unknown>>>> | undefined
  readonly handshakeFormat?: HandshakeFormat | undefined
  readonly refreshTokens?: boolean | undefined
  readonly oauthTokenFormat?: 'jwt' | 'opaque' | undefined
  readonly now?: (() => number) | undefined
}
interface ListenOptions {
  readonly port?: number | undefined
  readonly tls?: boolean | Certificate | undefined
}
interface LocalInstance {
  readonly type: 'development' | 'production'
  readonly frontendApi: string
  readonly issuer: string
  readonly apiUrl: string
  readonly publishableKey: string
  readonly secretKey: string
  readonly machineSecretKey: string
  readonly webhookSecret: string
  readonly cookieSuffix: string
}
interface CookieOptions {
  readonly suffixed?: boolean | undefined
  readonly unsuffixed?: boolean | undefined
  readonly clientUat?: number | string | null | undefined
  readonly devBrowser?: string | null | undefined
  readonly refresh?: string | null | undefined
}
interface LoggedRequest {
  readonly endpoint: Endpoint
  readonly method: string
  readonly url: string
  readonly atMs: number
  status: number | null
}
declare const ENDPOINTS: readonly [
  'fapi-jwks',
  'bapi-jwks',
  'handshake',
  'handshake-payload',
  'refresh',
  'session-token',
  'revoke',
  'satellite-sync',
  'dev-browser',
  'sign-in',
  'sign-out',
  'environment',
  'client',
  'client-sign-in',
  'client-sign-up',
  'client-session',
  'client-token',
  'me',
  'package',
  'testing-token',
  'users',
  'sign-in-token',
  'api-key',
  'm2m-token',
  'oauth-token',
  'oauth-metadata',
  'oauth-register',
  'oauth-authorize',
  'oauth-issue',
  'unknown'
]
type Endpoint = (typeof ENDPOINTS)[number]
interface RequestLog {
  readonly entries: readonly LoggedRequest[]
  count(endpoint?: Endpoint | 'jwks'): number
  clear(): void
}
type FaultKind =
  | {
      readonly kind: 'delay'
      readonly delayInMs: number
    }
  | {
      readonly kind: 'status'
      readonly status: number
      readonly retryAfter?: number | string
      readonly code?: string
    }
  | {
      readonly kind: 'hang'
    }
  | {
      readonly kind: 'reset'
    }
  | {
      readonly kind: 'truncated'
    }
  | {
      readonly kind: 'html'
    }
  | {
      readonly kind: 'wrong-json'
      readonly json?: unknown
    }
  | {
      readonly kind: 'broken-json'
    }
  | {
      readonly kind: 'empty-set'
    }
  | {
      readonly kind: 'oversized'
      readonly bytes?: number
    }
  | {
      readonly kind: 'redirect'
      readonly location?: string
    }
  | {
      readonly kind: 'slow-drip'
      readonly everyInMs?: number
      readonly chunkBytes?: number
    }
type Fault = FaultKind & {
  readonly on?: Endpoint | 'jwks'
  readonly times?: number
}
interface Hold {
  waiting(): number
  arrived(): Promise<void>
  release(): void
}
interface Faults {
  next(...faults: Fault[]): void
  hold(on?: Endpoint | 'jwks'): Hold
  clear(): void
}
interface LocalJwk {
  readonly kid: string
  readonly kty: 'RSA'
  readonly alg: 'RS256'
  readonly use: 'sig'
  readonly n: string
  readonly e: string
}
interface ApiKeyInput {
  readonly subject: string
  readonly name?: string | undefined
  readonly scopes?: readonly string[] | undefined
  readonly claims?: Readonly<Record<string, unknown>> | null | undefined
}
interface M2MTokenInput {
  readonly machineId?: string | undefined
  readonly scopes?: readonly string[] | undefined
  readonly claims?: Readonly<Record<string, unknown>> | null | undefined
  readonly format?: 'opaque' | 'jwt' | undefined
  readonly expiresInSeconds?: number | undefined
}
interface OAuthTokenInput {
  readonly userId: string
  readonly clientId?: string | undefined
  readonly scopes?: readonly string[] | undefined
  readonly audience?: string | readonly string[] | undefined
  readonly format?: 'opaque' | 'jwt' | undefined
  readonly expiresInSeconds?: number | undefined
}
interface MachineTokens {
  createApiKey(input: ApiKeyInput): string
  createM2MToken(input?: M2MTokenInput): string
  createOAuthToken(input: OAuthTokenInput): string
  revoke(token: string): boolean
  find(token: unknown): Readonly<Record<string, unknown>> | undefined
}
interface WebhookEvent {
  readonly type: string
  readonly data: unknown
  readonly [field: string]: unknown
}
interface WebhookInput {
  readonly id?: string | undefined
  readonly atMs?: number | undefined
  readonly secret?: string | undefined
}
interface SignedWebhook {
  readonly body: string
  readonly headers: {
    readonly 'content-type': 'application/json'
    readonly 'svix-id': string
    readonly 'svix-timestamp': string
    readonly 'svix-signature': string
  }
}
interface LocalPluginOptions {
  publishableKey: string
  secretKey: string
  apiUrl: string
  jwtKey: null
  machineSecretKey: null
  apiVersion: null
  domain: null
  isSatellite: null
  signInUrl: null
  signUpUrl: null
  proxyUrl: string | null
  fetch?: typeof globalThis.fetch
  now?: () => number
}
interface LocalClerk extends LocalInstance {
  readonly jwtKey: string
  readonly kid: string
  readonly directory: Directory
  jwks(): {
    keys: LocalJwk[]
  }
  readonly fetch: typeof globalThis.fetch
  pluginOptions<const T extends object = object>(overrides?: T): LocalPluginOptions & T
  signSessionToken(input?: SessionTokenInput): string
  sign(claims: unknown, header?: Readonly<Record<string, unknown>>, kid?: string): string
  bearer(token?: string | SessionTokenInput): {
    authorization: string
  }
  cookies(token?: string | SessionTokenInput | null, options?: CookieOptions): string
  rotateKeys(options?: { keepOld?: boolean }): Promise<string>
  withdrawKey(kid: string): boolean
  openSession(userId: string): LocalSession
  sessionToken(sessionId: string, input?: SessionTokenInput): string
  revokeSession(sessionId: string): boolean
  readonly machineTokens: Omit<MachineTokens, 'find'>
  signWebhook(event: WebhookEvent | string, input?: WebhookInput): SignedWebhook
  readonly signInUrl: string
  readonly signOutUrl: string
  readonly faults: Faults
  readonly requests: RequestLog
  listen(options?: number | ListenOptions): Promise<string>
  readonly origin: string | null
  readonly certificate: string | null
  close(): Promise<void>
}
declare function createLocalClerk(options?: LocalClerkOptions): Promise<LocalClerk>
export { createLocalClerk }
export type {
  ApiKeyInput,
  Certificate,
  CookieOptions,
  Directory,
  Endpoint,
  Fault,
  FaultKind,
  Faults,
  HandshakeFormat,
  Hold,
  ListenOptions,
  LocalClerk,
  LocalClerkOptions,
  LocalJwk,
  LocalMembership,
  LocalOrganization,
  LocalPluginOptions,
  LocalSession,
  LocalUser,
  LoggedRequest,
  M2MTokenInput,
  MachineTokens,
  OAuthTokenInput,
  RequestLog,
  SessionTokenInput,
  SignedWebhook,
  TokenOrganization,
  WebhookEvent,
  WebhookInput
}
