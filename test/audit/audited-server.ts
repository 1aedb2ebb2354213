import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify'
import t from 'tap'
import audit, { type AuditOptions, type AuditRecord, type AuditSink } from '../../src/audit/index.js'
import { authNotEvaluated } from '../../src/core/auth/not-evaluated.js'
import { createSignedInAuth, createSignedOutAuth } from '../../src/core/auth/session-auth.js'
import type { SessionClaims } from '../../src/core/auth/types.js'

// A server with an audit log in memory; a header says who asks.

export const context = { fetchToken: async () => '' }
export const claims = { sub: 'user_1', sid: 'sess_1', exp: 2_000_000_000, v: 2, o: { id: 'org_1', rol: 'admin' } }

const signedIn = createSignedInAuth(claims as unknown as SessionClaims, 'secret.token.text', context)

const impersonated = createSignedInAuth(
  { ...claims, act: { sub: 'user_admin' } } as unknown as SessionClaims,
  'secret.token.text',
  context
)

const signedOut = createSignedOutAuth('session-token-missing', '')

const apiKey = {
  isAuthenticated: true,
  tokenType: 'api_key',
  id: 'ak_1',
  name: 'deploys',
  subject: 'user_9',
  scopes: [],
  claims: null,
  userId: 'user_9',
  orgId: null
}

export const auths: Record<string, object> = {
  in: signedIn,
  impersonated,
  out: signedOut,
  key: apiKey,
  none: authNotEvaluated
}

export function memorySink(): AuditSink & { records: AuditRecord[]; text: () => string } {
  const lines: string[] = []
  return {
    name: 'memory',
    open: async () => {},
    close: async () => {},
    async write(batch) {
      lines.push(...batch)
    },
    get records() {
      return lines.map((line) => JSON.parse(line) as AuditRecord)
    },
    text: () => lines.join('\n')
  }
}

/** A server without the plugin, whose auth objects are chosen by a request header. */
export async function serverWith(
  options: Partial<AuditOptions> = {},
  routes: (fastify: FastifyInstance) => void = () => {},
  serverOptions: FastifyServerOptions = {}
) {
  const sink = memorySink()
  const fastify = Fastify(serverOptions) as unknown as FastifyInstance
  fastify.decorateRequest('auth', null as never)
  fastify.addHook('onRequest', (request, _reply, done) => {
    Object.assign(request, { auth: auths[request.headers['x-who'] as string] ?? signedOut })
    done()
  })
  await fastify.register(audit, { sink, ...options })
  fastify.get('/things', async () => [])
  fastify.post('/things/:id', async () => ({ ok: true }))
  fastify.get('/refused', async (_request, reply) => reply.code(403).send({}))
  routes(fastify)
  t.teardown(() => fastify.close())
  return {
    fastify,
    sink,
    async send(method: 'GET' | 'POST' | 'DELETE' | 'HEAD', url: string, headers: Record<string, string> = {}) {
      const response = await fastify.inject({ method, url, headers })
      await fastify.auditLog.flush()
      return response
    }
  }
}

export const CHROME =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36'
