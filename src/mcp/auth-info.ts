import { tokenOf } from '../core/auth/machine-auth.js'
import { isAuthNotEvaluated } from '../core/auth/not-evaluated.js'
import type { Auth } from '../core/auth/types.js'
import { NotEvaluatedError } from '../core/errors.js'
import { toRefusalError } from '../plugin/guards/refusal.js'
import type { McpAuth } from './mcp-auth.js'
import { isFor } from './resource.js'

/** `AuthInfo` of `@modelcontextprotocol/sdk`, as its transports hand it to tools. */
export interface AuthInfo {
  readonly token: string
  readonly clientId: string
  readonly scopes: string[]
  /** Seconds since the epoch. Absent: the token names no end. */
  readonly expiresAt?: number
  /** The resource, if the token was issued for it. Absent: it names no audience. */
  readonly resource?: URL
  readonly extra: { readonly userId: string }
}

/** The part of Fastify's request that is read. Structural, so that a request of any route fits. */
export interface AuthorizedRequest {
  readonly auth: object
  readonly server: { readonly mcpAuth: McpAuth }
}

/**
 * Who calls, in the shape of the MCP SDK. For a request behind `mcpAuth`; throws the errors of that guard's 401 elsewhere.
 */
export function toAuthInfo(request: AuthorizedRequest): AuthInfo {
  const auth = request.auth as Auth
  if (isAuthNotEvaluated(auth)) throw new NotEvaluatedError()
  if (!auth.isAuthenticated) throw toRefusalError(auth.reason, auth.retryAfterSeconds)
  if (auth.tokenType !== 'oauth_token') throw toRefusalError('token-type-mismatch', null)
  const { resource } = request.server.mcpAuth
  return {
    token: tokenOf(auth),
    clientId: auth.clientId,
    scopes: [...auth.scopes],
    ...(auth.expiresAt !== null && { expiresAt: Math.floor(auth.expiresAt / 1000) }),
    ...(isFor(resource, auth.audience) && { resource: new URL(resource.url) }),
    extra: { userId: auth.userId }
  }
}
