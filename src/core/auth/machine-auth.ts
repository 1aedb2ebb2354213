import { deepFreeze } from './deep-freeze.js'
import { getNoToken, hasNothing } from './session-auth.js'
import type {
  ApiKeyAuth,
  InvalidTokenAuth,
  M2MTokenAuth,
  MachineAuth,
  MachineTokenType,
  OAuthTokenAuth,
  UnauthenticatedMachineAuth
} from './types.js'

// Auth objects of machine tokens (auth/README.md section 5). `has()` is about users in organizations, so it is always
// false here: check `scopes`. The actor chain of OAuth tokens is not part of the auth.

/** For which resources a token was issued, and from when until when. */
export interface Validity {
  /** Null: malformed, which is told from none by `isAudienceMalformed` alone. */
  readonly audience: readonly string[] | null
  /** Ms since the epoch; null: not known. */
  readonly issuedAt: number | null
  /** Ms since the epoch; null: the token names no end. */
  readonly expiresAt: number | null
}

/** The data of a verified API key. */
export interface ApiKeyData extends Validity {
  readonly id: string
  readonly name: string
  readonly subject: string
  readonly scopes: readonly string[]
  readonly claims: Readonly<Record<string, unknown>> | null
}

/** The data of a verified M2M token. The subject is the machine. */
export interface M2MTokenData extends Validity {
  readonly id: string
  readonly subject: string
  readonly scopes: readonly string[]
  readonly claims: Readonly<Record<string, unknown>> | null
}

/** The data of a verified OAuth access token. The subject is the user. */
export interface OAuthTokenData extends Validity {
  readonly id: string
  readonly subject: string
  readonly clientId: string
  readonly scopes: readonly string[]
}

export function createApiKeyAuth(data: ApiKeyData, token: string): ApiKeyAuth {
  return new ApiKey(data, token)
}

export function createM2MTokenAuth(data: M2MTokenData, token: string): M2MTokenAuth {
  return new M2MToken(data, token)
}

export function createOAuthTokenAuth(data: OAuthTokenData, token: string): OAuthTokenAuth {
  return new OAuthToken(data, token)
}

/** The token itself, for what has to hand it on. Throws for an object that was not made here. */
export function tokenOf(auth: MachineAuth): string {
  return MachineToken.tokenOf(auth as unknown as MachineToken)
}

/** Whether the token has an `aud` that is malformed: its `audience` is empty, but it is not bound to nothing. */
export function isAudienceMalformed(auth: MachineAuth): boolean {
  return MachineToken.isAudienceMalformed(auth as unknown as MachineToken)
}

/** The auth of a request whose machine token is missing or refused. */
export function createUnauthenticatedMachineAuth<T extends MachineTokenType>(
  tokenType: T,
  reason: string,
  message: string,
  retryAfterSeconds: number | null = null
): UnauthenticatedMachineAuth<T> {
  return new UnauthenticatedMachine(tokenType, reason, message, retryAfterSeconds)
}

/** The auth of a request whose token is of none of the several accepted types. */
export function createInvalidTokenAuth(reason: string, message: string): InvalidTokenAuth {
  return new InvalidToken(reason, message)
}

// The token is in a private field: JSON, `util.inspect` and log serializers do not see it.
class MachineToken {
  readonly #token: string
  readonly #isAudienceMalformed: boolean
  readonly getToken: () => Promise<string>
  readonly has = hasNothing

  constructor({ audience }: Validity, token: string) {
    this.#token = token
    this.#isAudienceMalformed = audience === null
    this.getToken = async () => token
  }

  static tokenOf(auth: MachineToken): string {
    return auth.#token
  }

  static isAudienceMalformed(auth: MachineToken): boolean {
    return auth.#isAudienceMalformed
  }
}

class ApiKey extends MachineToken implements ApiKeyAuth {
  readonly isAuthenticated = true
  readonly tokenType = 'api_key'
  readonly id: string
  readonly name: string
  readonly subject: string
  readonly scopes: readonly string[]
  readonly audience: readonly string[]
  readonly issuedAt: number | null
  readonly expiresAt: number | null
  readonly claims: Readonly<Record<string, unknown>> | null
  readonly userId: string | null
  readonly orgId: string | null

  constructor(data: ApiKeyData, token: string) {
    super(data, token)
    this.id = data.id
    this.name = data.name
    this.subject = data.subject
    this.scopes = deepFreeze(data.scopes)
    this.audience = deepFreeze(data.audience ?? [])
    this.issuedAt = data.issuedAt
    this.expiresAt = data.expiresAt
    this.claims = data.claims === null ? null : deepFreeze(data.claims)
    this.userId = data.subject.startsWith('user_') ? data.subject : null
    this.orgId = data.subject.startsWith('org_') ? data.subject : null
    Object.freeze(this)
  }
}

class M2MToken extends MachineToken implements M2MTokenAuth {
  readonly isAuthenticated = true
  readonly tokenType = 'm2m_token'
  readonly id: string
  readonly subject: string
  readonly scopes: readonly string[]
  readonly audience: readonly string[]
  readonly issuedAt: number | null
  readonly expiresAt: number | null
  readonly claims: Readonly<Record<string, unknown>> | null
  readonly machineId: string

  constructor(data: M2MTokenData, token: string) {
    super(data, token)
    this.id = data.id
    this.subject = data.subject
    this.scopes = deepFreeze(data.scopes)
    this.audience = deepFreeze(data.audience ?? [])
    this.issuedAt = data.issuedAt
    this.expiresAt = data.expiresAt
    this.claims = data.claims === null ? null : deepFreeze(data.claims)
    this.machineId = data.subject
    Object.freeze(this)
  }
}

class OAuthToken extends MachineToken implements OAuthTokenAuth {
  readonly isAuthenticated = true
  readonly tokenType = 'oauth_token'
  readonly id: string
  readonly subject: string
  readonly scopes: readonly string[]
  readonly audience: readonly string[]
  readonly issuedAt: number | null
  readonly expiresAt: number | null
  readonly userId: string
  readonly clientId: string

  constructor(data: OAuthTokenData, token: string) {
    super(data, token)
    this.id = data.id
    this.subject = data.subject
    this.scopes = deepFreeze(data.scopes)
    this.audience = deepFreeze(data.audience ?? [])
    this.issuedAt = data.issuedAt
    this.expiresAt = data.expiresAt
    this.userId = data.subject
    this.clientId = data.clientId
    Object.freeze(this)
  }
}

class Unauthenticated {
  readonly getToken = getNoToken
  readonly has = hasNothing
}

class UnauthenticatedMachine<T extends MachineTokenType>
  extends Unauthenticated
  implements UnauthenticatedMachineAuth<T>
{
  readonly isAuthenticated = false
  readonly tokenType: T
  readonly id = null
  readonly subject = null
  readonly scopes = null
  readonly audience = null
  readonly issuedAt = null
  readonly expiresAt = null
  readonly name = null
  readonly claims = null
  readonly userId = null
  readonly orgId = null
  readonly machineId = null
  readonly clientId = null
  readonly reason: string
  readonly message: string
  readonly retryAfterSeconds: number | null

  constructor(tokenType: T, reason: string, message: string, retryAfterSeconds: number | null) {
    super()
    this.tokenType = tokenType
    this.reason = reason
    this.message = message
    this.retryAfterSeconds = retryAfterSeconds
    Object.freeze(this)
  }
}

class InvalidToken extends Unauthenticated implements InvalidTokenAuth {
  readonly isAuthenticated = false
  readonly tokenType = null
  readonly reason: string
  readonly message: string
  readonly retryAfterSeconds = null

  constructor(reason: string, message: string) {
    super()
    this.reason = reason
    this.message = message
    Object.freeze(this)
  }
}

for (const shared of [
  MachineToken,
  ApiKey,
  M2MToken,
  OAuthToken,
  Unauthenticated,
  UnauthenticatedMachine,
  InvalidToken
]) {
  Object.freeze(shared.prototype)
}
