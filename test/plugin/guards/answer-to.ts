import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import { createApiKeyAuth } from '../../../src/core/auth/machine-auth.js'
import type { AuthNotEvaluated } from '../../../src/core/auth/not-evaluated.js'
import { createSignedInAuth, createSignedOutAuth } from '../../../src/core/auth/session-auth.js'
import type { Auth, SessionClaims } from '../../../src/core/auth/types.js'
import { createAuthorize } from '../../../src/plugin/guards/authorize.js'
import { createRequireAuth } from '../../../src/plugin/guards/require-auth.js'
import type { GuardHook, GuardSettings } from '../../../src/plugin/guards/types.js'

// A server whose requests have a given auth object, and the guards under test.

const kTestAuth = Symbol('test auth')

export const settings: GuardSettings = {
  readAuth: (request) => (request as unknown as { [kTestAuth]: Auth | AuthNotEvaluated | null })[kTestAuth]
}

export const requireAuth = createRequireAuth(settings)
export const authorize = createAuthorize(settings)

export const member = createSignedInAuth(
  {
    sub: 'user_1',
    sid: 'sess_1',
    exp: 2_000_000_000,
    v: 2,
    fva: [30, -1],
    o: { id: 'org_1', rol: 'member', per: 'read,edit', fpm: '1' },
    fea: 'o:docs'
  } as SessionClaims,
  'token',
  { fetchToken: () => Promise.reject(new Error('no call expected')) }
)

export const apiKey = createApiKeyAuth(
  {
    id: 'k',
    name: 'n',
    subject: 'user_1',
    scopes: ['docs'],
    claims: null,
    audience: [],
    issuedAt: null,
    expiresAt: null
  },
  'ak_x'
)

export const nobody = createSignedOutAuth('session-token-and-uat-missing', '')
export const expired = createSignedOutAuth('token-expired', 'The session token has expired.')

/** An application in which all requests have the given auth. */
export function appWith(auth: Auth | AuthNotEvaluated | null): FastifyInstance {
  const app = Fastify()
  app.decorateRequest(kTestAuth as unknown as string, null)
  app.addHook('onRequest', async (request: FastifyRequest) => {
    ;(request as unknown as Record<symbol, unknown>)[kTestAuth] = auth
  })
  return app
}

export async function answerTo(auth: Auth | AuthNotEvaluated | null, hook: GuardHook) {
  const app = appWith(auth)
  app.get('/', { preHandler: hook }, () => 'in')
  return app.inject('/')
}

export const needed = {
  clerk_error: { type: 'forbidden', reason: 'reverification-error', metadata: { reverification: 'strict' } }
}
