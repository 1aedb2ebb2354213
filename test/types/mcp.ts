// Compiled, never run: what the types of fastify-clerk-auth/mcp say.

import type { FastifyInstance } from 'fastify'
import type { OAuthTokenAuth } from '../../src/core/auth/types.js'
import { type AuthInfo, toAuthInfo } from '../../src/mcp/index.js'
import type { GuardHook } from '../../src/plugin/guards/types.js'
import { type Equals, holds } from './equals.js'

/** `AuthInfo` as `@modelcontextprotocol/sdk` declares it (server/auth/types). */
interface SdkAuthInfo {
  token: string
  clientId: string
  scopes: string[]
  expiresAt?: number
  resource?: URL
  extra?: Record<string, unknown>
}

export function routes(fastify: FastifyInstance): void {
  holds<Equals<ReturnType<typeof fastify.mcpAuth>, GuardHook>>()
  fastify.post('/plain', { onRequest: fastify.mcpAuth({ scopes: 'notes:read' }) }, (request) => {
    const info: SdkAuthInfo = toAuthInfo(request)
    return info
  })
  const config = { clerk: { acceptsToken: 'oauth_token' } } as const
  fastify.post('/typed', { config, onRequest: fastify.mcpAuth({ scopes: ['notes:read'] }) }, (request) => {
    if (request.auth.isAuthenticated) holds<Equals<typeof request.auth, OAuthTokenAuth>>()
    return toAuthInfo(request)
  })
  fastify.post<{ Params: { id: string } }>('/:id', { onRequest: fastify.mcpAuth() }, (request) => toAuthInfo(request))
  // @ts-expect-error: a scope is a text
  fastify.mcpAuth({ scopes: 1 })
  // @ts-expect-error: not an option
  fastify.mcpAuth({ scope: 'notes:read' })
}

export function info({ extra, token }: AuthInfo): string {
  holds<Equals<typeof token, string>>()
  return extra.userId
}
