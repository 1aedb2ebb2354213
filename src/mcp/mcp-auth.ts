import { isAudienceMalformed } from '../core/auth/machine-auth.js'
import { ForbiddenError, GuardUseError, McpScopesError } from '../core/errors.js'
import { isRecord } from '../core/json.js'
import { exposeChallenge } from '../plugin/guards/challenge.js'
import { toGuardHook } from '../plugin/guards/guard-hook.js'
import { guardSettings } from '../plugin/guards/guards.js'
import { isAuthenticated, refuse, refuseToken } from '../plugin/guards/refusal.js'
import { hasScopes, listScopes } from '../plugin/guards/required-scopes.js'
import type { GuardHook, GuardReply } from '../plugin/guards/types.js'
import { isFor, type Resource } from './resource.js'
import { isScope } from './scopes.js'

export interface McpAuthParams {
  /** Scopes that the token needs, all of them. Default: none. */
  readonly scopes?: string | readonly string[] | undefined
}

/**
 * `fastify.mcpAuth`: makes a hook that lets requests pass whose OAuth access token was issued for the resource and has the
 * scopes.
 *
 * - no token, a bad one, one of another type or for another resource: 401 `FST_CLERK_UNAUTHORIZED`, with
 *   `WWW-Authenticate: Bearer resource_metadata="…", scope="…"` (RFC 9728 section 5.1)
 * - a scope is missing: 403 `FST_CLERK_FORBIDDEN`, with `error="insufficient_scope"` and the scopes to ask for: those that
 *   are needed and, of the resource's, those that the token has, as a client asks for a new token instead of the old one
 *
 * The route accepts OAuth tokens alone, whatever the plugin accepts elsewhere. Throws `FST_CLERK_MCP_SCOPES` for scopes that
 * the resource does not publish.
 */
export interface McpAuth {
  (params?: McpAuthParams): GuardHook
  /** The resource that tokens have to be bound to. */
  readonly resource: Resource
}

export interface McpAuthSettings {
  readonly resource: Resource
  /** Scopes that the resource publishes; empty: it publishes none. */
  readonly scopes: readonly string[]
  readonly allowUnbound: boolean
}

const TOKEN_TYPES = ['oauth_token'] as const

/** Without the redirect to the sign-in page, which brings a session: no client of the resource could do anything with it. */
const { signInRedirect: _, ...settings } = guardSettings

export function createMcpAuth({ resource, scopes: known, allowUnbound }: McpAuthSettings): McpAuth {
  const audience = Object.freeze({ values: resource.audience, isRequired: !allowUnbound })
  const metadata = `resource_metadata="${resource.metadataUrl}"`

  function mcpAuth(params: McpAuthParams = {}, ...rest: unknown[]): GuardHook {
    // As a hook it is called with request, reply and done.
    if (rest.length > 0) throw new GuardUseError('mcpAuth is called, and what it returns is the hook')
    const scopes = listScopes(readScopes(params, known))
    const challenge = scopes.length === 0 ? metadata : `${metadata}, scope="${scopes.join(' ')}"`
    const requirement = {
      guard: 'authorize',
      conditions: null,
      scopes,
      hasPredicate: false,
      isHidden: false,
      tokenTypes: TOKEN_TYPES,
      audience,
      challenge
    } as const

    function forbid(granted: readonly string[], reply: GuardReply): Error {
      // Of what a token says, only words that the resource publishes get into a header.
      const wanted = new Set([...known.filter((scope) => granted.includes(scope)), ...scopes])
      reply.header(
        'www-authenticate',
        `Bearer error="insufficient_scope", scope="${[...wanted].join(' ')}", ${metadata}`
      )
      exposeChallenge(reply)
      return new ForbiddenError()
    }

    return toGuardHook(requirement, settings, (request, reply) => {
      const auth = settings.readAuth(request)
      if (!isAuthenticated(auth)) return refuse(settings, auth, request, reply, challenge)
      if (auth.tokenType !== 'oauth_token') return refuseToken('token-type-mismatch', reply, challenge)
      const isUnbound = auth.audience.length === 0 && !isAudienceMalformed(auth)
      if (isUnbound && !allowUnbound) return refuseToken('token-audience-missing', reply, challenge)
      if (!isUnbound && !isFor(resource, auth.audience)) return refuseToken('token-audience-mismatch', reply, challenge)
      return hasScopes(auth, scopes) ? null : { error: forbid(auth.scopes, reply) }
    })
  }
  return Object.freeze(Object.assign(mcpAuth, { resource }))
}

/** Throws, when the guard is made, for scopes that no client could ask for. */
function readScopes(params: unknown, known: readonly string[]): string | readonly string[] | undefined {
  const unknown = isRecord(params) ? Object.keys(params).find((name) => name !== 'scopes') : 'params'
  if (unknown !== undefined) throw new McpScopesError(unknown, 'left out; known is scopes')
  const { scopes } = params as McpAuthParams
  if (scopes === undefined) return undefined
  const list: readonly unknown[] = typeof scopes === 'string' ? [scopes] : scopes
  if (!Array.isArray(list) || !list.every(isScope)) {
    throw new McpScopesError('scopes', 'a scope, or a list of scopes, each a word of RFC 6749 section 3.3')
  }
  if (known.length > 0 && !list.every((scope) => known.includes(scope))) {
    throw new McpScopesError('scopes', 'among the scopes of mcpResource, where clients learn of them')
  }
  return scopes
}
