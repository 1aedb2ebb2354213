import { randomText } from '../ids.js'
import { createExpiringMap } from './expiring-map.js'

/** What a client asks a user for, checked. */
export interface AuthorizationRequest {
  readonly clientId: string
  readonly redirectUri: string
  readonly state: string | null
  readonly scopes: readonly string[]
  /** Resources that the tokens will name as their audience (RFC 8707); empty: tokens without an audience. */
  readonly resources: readonly string[]
  /** S256 of the verifier that the token request has to bring (RFC 7636 section 4.2). */
  readonly codeChallenge: string
}

/** What a user has allowed a client. */
export interface Grant {
  readonly request: AuthorizationRequest
  readonly userId: string
  /** Set when a code or refresh token was used twice: someone else has it, and nobody can tell who. */
  isRevoked: boolean
}

export interface Code {
  readonly grant: Grant
  isUsed: boolean
}

export interface RefreshToken {
  readonly grant: Grant
  isUsed: boolean
}

/** Pages that wait for a user, codes and refresh tokens of an instance. */
export interface Grants {
  /** Keeps a request until its user decides. Returns the name by which the page sends it back. */
  ask(request: AuthorizationRequest, nowMs: number): string
  /** The request behind a page, once. */
  answer(pageId: string, nowMs: number): AuthorizationRequest | undefined
  issueCode(request: AuthorizationRequest, userId: string, nowMs: number): string
  code(text: string, nowMs: number): Code | undefined
  issueRefreshToken(grant: Grant, nowMs: number): string
  refreshToken(text: string, nowMs: number): RefreshToken | undefined
}

const PAGE_LIFETIME_MS = 600_000
/** RFC 6749 section 4.1.2 allows ten minutes; a client that waits at its redirect URI needs seconds. */
const CODE_LIFETIME_MS = 60_000
const REFRESH_LIFETIME_MS = 30 * 24 * 3_600_000
export const MAX_GRANTS = 1000

export function createGrants(): Grants {
  const pages = createExpiringMap<AuthorizationRequest>({ lifetimeMs: PAGE_LIFETIME_MS, maxEntries: MAX_GRANTS })
  const codes = createExpiringMap<Code>({ lifetimeMs: CODE_LIFETIME_MS, maxEntries: MAX_GRANTS })
  const refreshTokens = createExpiringMap<RefreshToken>({ lifetimeMs: REFRESH_LIFETIME_MS, maxEntries: MAX_GRANTS })

  return {
    ask(request, nowMs) {
      const id = randomText(32)
      pages.set(id, request, nowMs)
      return id
    },
    answer(pageId, nowMs) {
      const request = pages.get(pageId, nowMs)
      pages.delete(pageId)
      return request
    },
    issueCode(request, userId, nowMs) {
      const code = randomText(43)
      codes.set(code, { grant: { request, userId, isRevoked: false }, isUsed: false }, nowMs)
      return code
    },
    code: codes.get,
    issueRefreshToken(grant, nowMs) {
      const token = randomText(43)
      refreshTokens.set(token, { grant, isUsed: false }, nowMs)
      return token
    },
    refreshToken: refreshTokens.get
  }
}
