import type { FastifyInstance, FastifyServerOptions } from 'fastify'
import type { Test } from 'tap'
import type { ClerkAuthOptions } from '../../src/index.js'
import type { LocalClerk } from '../../src/local/index.js'
import { createApp } from '../fixtures/app.js'

// Guarded routes of every kind, and the ways of spelling a request to them.

/** Only handlers of guarded routes answer with this text. */
export const SECRET = 'behind the guard'

export async function start(
  t: Test,
  plugin: Partial<ClerkAuthOptions>,
  server: FastifyServerOptions,
  routes: (fastify: FastifyInstance) => void
): Promise<{ clerk: LocalClerk; fastify: FastifyInstance; served: () => number }> {
  let served = 0
  const { clerk, fastify } = await createApp(t, {
    plugin,
    server,
    routes(fastify) {
      fastify.decorateRequest('serve', () => {
        served++
        return SECRET
      })
      routes(fastify)
    }
  })
  return { clerk, fastify, served: () => served }
}

export const serve = (request: unknown): string => (request as { serve: () => string }).serve()

export const SPELLINGS = [
  '/admin',
  '/ADMIN',
  '/Admin',
  '/admin/',
  '//admin',
  '///admin',
  '/admin//',
  '/./admin',
  '/x/../admin',
  '/%61dmin',
  '/adm%69n',
  '/%2561dmin',
  '/admin%2f',
  '/admin%2F',
  '/%2fadmin',
  '/admin%00',
  '/admin%20',
  '/admin;x=y',
  '/admin?',
  '/admin#',
  '/admin?x',
  '/admin/.',
  '/admin/..;/',
  '/admin.',
  '/admin.json',
  '/admin\\',
  '/\\admin',
  '/admin/%2e',
  '/admin/%2e%2e/admin',
  '/x/%2e%2e/admin',
  '/admin%3f',
  '/admin%23',
  '/api/users/1',
  '/api/users/%31',
  '/api/users/1/',
  '/API/users/1',
  '/api//users/1',
  '/api/users/..%2f1',
  '/api/users/1%2f..%2f2',
  '/files/a',
  '/files/a/b',
  '/files/..%2fadmin',
  '/files/',
  '/files',
  'http://other.test/admin',
  '*'
]

export const SERVERS: readonly (readonly [name: string, server: FastifyServerOptions])[] = [
  ['as it is', {}],
  ['without case', { routerOptions: { caseSensitive: false } }],
  ['without trailing slashes', { routerOptions: { ignoreTrailingSlash: true } }],
  ['without duplicate slashes', { routerOptions: { ignoreDuplicateSlashes: true } }],
  ['with semicolons as delimiters', { routerOptions: { useSemicolonDelimiter: true } } as FastifyServerOptions],
  [
    'rewriting URLs',
    {
      rewriteUrl: (request) =>
        (request.url ?? '/').replace(/^\/open-door/, '/admin').replace('/public-door', '/admin?__clerk_x=')
    }
  ]
]

export function register(fastify: FastifyInstance, guard: object): void {
  fastify.get('/open', () => 'open')
  fastify.get('/admin', guard, serve)
  fastify.all('/any', guard, serve)
  fastify.get('/api/users/:id', guard, serve)
  fastify.get('/files/*', guard, serve)
  fastify.post('/admin', guard, serve)
  fastify.get('/versioned', { constraints: { version: '2.0.0' }, ...guard }, serve)
  fastify.get('/hosted', { constraints: { host: 'admin.test' }, ...guard }, serve)
  fastify.register(async (scope) => void scope.get('/admin', guard, serve), { prefix: '/nested/deep' })
  fastify.register(async (scope) => void scope.get('/', guard, serve), { prefix: '/slash' })
}

export const GUARDS: readonly (readonly [
  name: string,
  Partial<ClerkAuthOptions>,
  (fastify: FastifyInstance) => object
])[] = [
  ['requireAuth in onRequest', {}, (fastify) => ({ onRequest: fastify.requireAuth })],
  ['requireAuth in preHandler', {}, (fastify) => ({ preHandler: [fastify.requireAuth] })],
  ['authorize', {}, (fastify) => ({ preHandler: fastify.authorize({ role: 'org:admin' }) })],
  ['defaultDeny', { defaultDeny: true }, () => ({})]
]
