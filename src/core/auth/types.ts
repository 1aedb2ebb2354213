import type { MachineTokenType, TokenType } from '../token-types.js'

declare global {
  /** Applications add their own session claims by declaring this interface globally, as with Clerk's SDKs. */
  interface CustomJwtSessionClaims {}
  /** Applications narrow role and permission names by declaring this interface globally, as with Clerk's SDKs. */
  interface ClerkAuthorization {}
}

export type { MachineTokenType, TokenType }
export type SessionStatus = 'active' | 'pending'

export interface Actor {
  readonly sub: string
  readonly [claim: string]: unknown
}

/** Claims of a verified session token, version 1 or 2 (RFC 7519 section 4; Clerk: session token claims). */
export interface SessionClaims extends Readonly<CustomJwtSessionClaims> {
  readonly sub: string
  readonly exp: number
  readonly iss?: string
  readonly sid?: string
  readonly iat?: number
  readonly nbf?: number
  readonly azp?: string
  readonly [claim: string]: unknown
}

export interface GetTokenOptions {
  readonly template?: string
  readonly expiresInSeconds?: number
}

type DeclaredName<Key extends string> =
  ClerkAuthorization extends Readonly<Record<Key, infer Name extends string>> ? Name : string

/** Role names: those of the global `ClerkAuthorization` where the application declares it, else any string. */
export type OrganizationRole = DeclaredName<'role'>
/** Permission names: those of the global `ClerkAuthorization` where the application declares it, else any string. */
export type OrganizationPermission = DeclaredName<'permission'>

/** A feature or plan. Without a scope, it may be the organization's or the user's. */
export type ScopedName = `${'o' | 'org' | 'organization' | 'u' | 'user'}:${string}` | (string & {})

export type ReverificationLevel = 'first_factor' | 'second_factor' | 'multi_factor'
export type ReverificationPreset = 'strict_mfa' | 'strict' | 'moderate' | 'lax'
export type ReverificationConfig =
  | ReverificationPreset
  | {
      readonly level: ReverificationLevel
      /** In minutes, above 0. A verification of exactly this age no longer counts. */
      readonly afterMinutes: number
    }

interface Conditions {
  /** The user's role in the active organization, with or without `org:`. */
  readonly role: OrganizationRole
  /** A custom permission in the active organization. System permissions are not part of session tokens. */
  readonly permission: OrganizationPermission
  readonly feature: ScopedName
  readonly plan: ScopedName
  /** Which factors the user must have verified, and how recently. */
  readonly reverification: ReverificationConfig
}

type AtLeastOne<T> = {
  [Key in keyof T]: Pick<T, Key> & { readonly [Other in keyof T]?: T[Other] | undefined }
}[keyof T]

/** Conditions of a session, any number of them. */
export type SessionConditions = { readonly [Key in keyof Conditions]?: Conditions[Key] | undefined }

/** Conditions of `has()` and `authorize()`. At least one must be given; all given ones must hold. */
export type HasParams = AtLeastOne<Conditions>

export interface SignedInAuth {
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
  /** Minutes since the first and since the second factor was verified, -1: never. Null: the token does not say. */
  readonly factorVerificationAge: readonly [number, number] | null
  readonly getToken: (options?: GetTokenOptions) => Promise<string | null>
  readonly has: (params: HasParams) => boolean
}

export interface SignedOutAuth {
  readonly isAuthenticated: false
  readonly tokenType: 'session_token'
  readonly userId: null
  readonly sessionId: null
  readonly sessionClaims: null
  /** `pending` when a pending session is treated as signed out, null otherwise. */
  readonly sessionStatus: 'pending' | null
  readonly actor: null
  readonly orgId: null
  readonly orgRole: null
  readonly orgSlug: null
  readonly orgPermissions: null
  readonly factorVerificationAge: null
  readonly getToken: () => Promise<null>
  readonly has: (params: HasParams) => false
  /** Clerk's reason string. */
  readonly reason: string
  /** Constant text that explains the reason; may be empty. */
  readonly message: string
  /**
   * If the request could not be judged, as keys or Clerk's answer about a token, handshake or refresh could not be had:
   * seconds until a retry makes sense. Else null.
   */
  readonly retryAfterSeconds: number | null
}

/** What all machine tokens have besides their subject and scopes. */
interface MachineTokenValidity {
  /**
   * The resources that the token names as its audience (RFC 7519 section 4.1.3, RFC 8707). Empty: it names none; API keys
   * never do. Those of them that this server accepts are said by the option `audience`, or by the route.
   */
  readonly audience: readonly string[]
  /**
   * When the token was issued, in ms since the epoch: `iat` of a JWT, creation of an opaque token. Null: not known.
   * Security: a revocation covers a token that was issued before it, and every token of its target of which this is null.
   */
  readonly issuedAt: number | null
  /**
   * End of the token, in ms since the epoch. Null: it names none, as an API key without expiration. An opaque token may end
   * earlier: Clerk is asked again at intervals.
   */
  readonly expiresAt: number | null
}

export interface ApiKeyAuth extends MachineTokenValidity {
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

export interface M2MTokenAuth extends MachineTokenValidity {
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

export interface OAuthTokenAuth extends MachineTokenValidity {
  readonly isAuthenticated: true
  readonly tokenType: 'oauth_token'
  readonly id: string
  readonly subject: string
  readonly scopes: readonly string[]
  readonly userId: string
  /** Empty if the token names no client. */
  readonly clientId: string
  readonly getToken: () => Promise<string>
  readonly has: (params: HasParams) => false
}

/** A token of this machine token type is accepted, and the request has no valid one. */
export interface UnauthenticatedMachineAuth<T extends MachineTokenType = MachineTokenType> {
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

/** The token is of none of the accepted types (state/README.md section 8.3). */
export interface InvalidTokenAuth {
  readonly isAuthenticated: false
  readonly tokenType: null
  readonly getToken: () => Promise<null>
  readonly has: (params: HasParams) => false
  readonly reason: string
  readonly message: string
  readonly retryAfterSeconds: number | null
}

/** The auth of a valid token, by the token's type. */
export interface MachineAuthByType {
  readonly api_key: ApiKeyAuth
  readonly m2m_token: M2MTokenAuth
  readonly oauth_token: OAuthTokenAuth
}

export type SessionAuth = SignedInAuth | SignedOutAuth
export type MachineAuth = MachineAuthByType[MachineTokenType]
export type Auth = SessionAuth | MachineAuth | UnauthenticatedMachineAuth | InvalidTokenAuth
