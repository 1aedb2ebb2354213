import { isRecord } from '../json.js'
import { deepFreeze } from './deep-freeze.js'
import { checkAuthorization } from './has.js'
import { decodeOrganizationPermissions } from './organization-permissions.js'
import type {
  Actor,
  GetTokenOptions,
  OrganizationPermission,
  OrganizationRole,
  SessionClaims,
  SessionStatus,
  SignedInAuth,
  SignedOutAuth
} from './types.js'

/** Shared by the auth objects of one instance: how they get tokens from BAPI. */
export interface SessionAuthContext {
  /** Makes a token of a template or another lifetime for the session. Rejects with `FST_CLERK_GET_TOKEN`. */
  fetchToken(sessionId: string, options: GetTokenOptions): Promise<string>
}

/**
 * The auth of a verified session token. Deeply frozen (claims included): requests that carry the token share it. Never throws: a claim of the wrong shape counts as absent and grants nothing.
 */
export function createSignedInAuth(claims: SessionClaims, token: string, context: SessionAuthContext): SignedInAuth {
  return new SignedInSession(claims, token, context)
}

/** The auth of a request that is not signed in. `retryAfterSeconds` is set only if the token could not be judged. */
export function createSignedOutAuth(
  reason: string,
  message: string,
  retryAfterSeconds: number | null = null
): SignedOutAuth {
  return new SignedOutSession(null, reason, message, retryAfterSeconds)
}

/** The auth of a session with outstanding tasks (`sts: pending`) where the route treats it as signed out. */
export function createPendingAuth(): SignedOutAuth {
  return pendingAuth
}

// For an `act` claim of another shape. It must not count as absent: code that refuses impersonators looks for an actor.
const UNREADABLE_ACTOR: Actor = Object.freeze({ sub: '' })

// Token and context are in closures: JSON, `util.inspect` and log serializers do not see them. `getToken` and `has` are
// members of the object itself: an application may take them out of it, and may copy it by `{ ...auth }`.
class SignedInSession implements SignedInAuth {
  readonly isAuthenticated = true
  readonly tokenType = 'session_token'
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
  readonly getToken: SignedInAuth['getToken']
  readonly has: SignedInAuth['has']

  constructor(claims: SessionClaims, token: string, context: SessionAuthContext) {
    const organization = claims.v === 2 ? readOrganization(claims) : readOrganizationV1(claims)
    this.userId = claims.sub
    this.sessionId = stringOrUndefined(claims.sid)
    this.sessionClaims = deepFreeze(claims)
    this.sessionStatus = claims.sts === 'active' || claims.sts === 'pending' ? claims.sts : null
    this.actor = readActor(claims.act)
    this.orgId = organization.id
    this.orgRole = organization.role as OrganizationRole | undefined
    this.orgSlug = organization.slug
    this.orgPermissions = organization.permissions as readonly OrganizationPermission[] | undefined
    this.factorVerificationAge = readFactorVerificationAge(claims.fva)
    this.getToken = async (options) => {
      if (this.sessionId === undefined || this.sessionId === '') return null
      if (options?.template === undefined && options?.expiresInSeconds === undefined) return token
      return context.fetchToken(this.sessionId, options)
    }
    this.has = (params) => checkAuthorization(this, params)
    Object.freeze(this)
  }
}

export async function getNoToken(): Promise<null> {
  return null
}

export function hasNothing(): false {
  return false
}

class SignedOutSession implements SignedOutAuth {
  readonly isAuthenticated = false
  readonly tokenType = 'session_token'
  readonly userId = null
  readonly sessionId = null
  readonly sessionClaims = null
  readonly sessionStatus: 'pending' | null
  readonly actor = null
  readonly orgId = null
  readonly orgRole = null
  readonly orgSlug = null
  readonly orgPermissions = null
  readonly factorVerificationAge = null
  readonly getToken = getNoToken
  readonly has = hasNothing
  readonly reason: string
  readonly message: string
  readonly retryAfterSeconds: number | null

  constructor(sessionStatus: 'pending' | null, reason: string, message: string, retryAfterSeconds: number | null) {
    this.sessionStatus = sessionStatus
    this.reason = reason
    this.message = message
    this.retryAfterSeconds = retryAfterSeconds
    Object.freeze(this)
  }
}

// Auth objects are shared between requests, and so are their prototypes: neither may change.
Object.freeze(SignedInSession.prototype)
Object.freeze(SignedOutSession.prototype)

const pendingAuth = new SignedOutSession(
  'pending',
  'session-pending',
  'The session has outstanding tasks, which the user has to complete first.',
  null
)

interface Organization {
  readonly id: string | undefined
  readonly role: string | undefined
  readonly slug: string | undefined
  readonly permissions: readonly string[] | undefined
}

const NO_ORGANIZATION: Organization = { id: undefined, role: undefined, slug: undefined, permissions: undefined }

function readOrganization(claims: SessionClaims): Organization {
  const organization = claims.o
  if (typeof organization !== 'object' || organization === null) return NO_ORGANIZATION
  const { id, rol, slg, per, fpm } = organization as Record<string, unknown>
  return {
    id: stringOrUndefined(id),
    role: typeof rol === 'string' && rol !== '' ? `org:${rol}` : undefined,
    slug: stringOrUndefined(slg),
    permissions: decodeOrganizationPermissions(claims.fea, per, fpm)
  }
}

function readOrganizationV1(claims: SessionClaims): Organization {
  return {
    id: stringOrUndefined(claims.org_id),
    role: stringOrUndefined(claims.org_role),
    slug: stringOrUndefined(claims.org_slug),
    permissions: readStrings(claims.org_permissions)
  }
}

function stringOrUndefined(claim: unknown): string | undefined {
  return typeof claim === 'string' ? claim : undefined
}

function readStrings(claim: unknown): readonly string[] | undefined {
  if (!Array.isArray(claim)) return undefined
  return claim.every(isString) ? claim : Object.freeze(claim.filter(isString))
}

function isString(value: unknown): value is string {
  return typeof value === 'string'
}

function readActor(claim: unknown): Actor | undefined {
  if (claim === undefined || claim === null) return undefined
  return isRecord(claim) && typeof claim.sub === 'string' ? (claim as Actor) : UNREADABLE_ACTOR
}

function readFactorVerificationAge(claim: unknown): readonly [number, number] | null {
  if (!Array.isArray(claim) || claim.length !== 2) return null
  return isAge(claim[0]) && isAge(claim[1]) ? (claim as unknown as readonly [number, number]) : null
}

function isAge(value: unknown): boolean {
  return typeof value === 'number' && (value === -1 || value >= 0)
}
