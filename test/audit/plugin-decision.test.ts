import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import audit, { type AuditRecord } from '../../src/audit/index.js'
import clerkAuth, { authorize, type ClerkAuthOptions } from '../../src/index.js'
import { createLocalClerk, type LocalClerk } from '../../src/local/index.js'

// The decision in an audit record does not depend on `debugHeaders`.

const DEBUG_HEADERS = ['full', 'reason', false] as const
const page = { accept: 'text/html', 'sec-fetch-dest': 'document' }

interface Server {
  readonly clerk: LocalClerk
  readonly fastify: FastifyInstance
  /** Sends a request and returns its record. */
  recordOf(url: string, headers?: Record<string, string>): Promise<AuditRecord | undefined>
}

async function serve(
  t: Pick<Test, 'teardown'>,
  plugin: Partial<ClerkAuthOptions>,
  instanceType: 'development' | 'production' = 'production'
): Promise<Server> {
  const frontendApi = instanceType === 'production' ? 'clerk.example.com' : 'happy-lion-12.clerk.accounts.dev'
  const clerk = await createLocalClerk({ frontendApi, instanceType })
  const fastify = Fastify() as unknown as FastifyInstance
  const records: AuditRecord[] = []
  await fastify.register(clerkAuth, clerk.pluginOptions({ ...plugin }))
  await fastify.register(audit, {
    sink: {
      name: 'memory',
      open: async () => {},
      close: async () => {},
      write: async (lines) => {
        for (const line of lines) records.push(JSON.parse(line) as AuditRecord)
      }
    }
  })
  const config = { clerk: { audit: true } }
  fastify.get('/page', { config }, () => 'page')
  fastify.get('/moved', { config }, (_request, reply) => reply.redirect('/page', 307))
  fastify.get('/disguised', { config }, (_request, reply) =>
    reply.header('x-clerk-auth-status', 'handshake').redirect('/page', 307)
  )
  fastify.get('/mine', { config, preHandler: fastify.requireAuth }, () => 'mine')
  fastify.get('/admin', { config, preHandler: fastify.authorize({ role: 'org:admin' }) }, () => 'admin')
  const hidden = authorize({ role: 'org:admin' }, { as: 'not-found' })
  fastify.get('/hidden', { onRequest: hidden }, () => 'secret')
  t.teardown(() => fastify.close())
  return {
    clerk,
    fastify,
    async recordOf(url, headers = {}) {
      records.length = 0
      await fastify.inject({ url, headers })
      await fastify.auditLog.flush()
      return records[0]
    }
  }
}

for (const debugHeaders of DEBUG_HEADERS) {
  t.test(`a redirect by the plugin is recorded as one, with debugHeaders ${debugHeaders}`, async (t) => {
    const { clerk, recordOf } = await serve(t, { debugHeaders, requireAuthRedirect: true, signInUrl: '/sign-in' })
    t.match(await recordOf('/page', { ...page, cookie: '__client_uat=1700000000' }), {
      decision: 'redirected',
      status: 307,
      reason: 'client-uat-but-no-session-token'
    })
    t.match(
      await recordOf('/mine', page),
      { decision: 'redirected', status: 302, reason: 'session-token-and-uat-missing' },
      'to the sign-in page'
    )
    t.match(await recordOf('/page', clerk.bearer()), { decision: 'allowed', status: 200, reason: null })
  })

  t.test(`a redirect by the application is not, with debugHeaders ${debugHeaders}`, async (t) => {
    const { clerk, recordOf } = await serve(t, { debugHeaders })
    for (const url of ['/moved', '/disguised']) {
      t.match(await recordOf(url), { decision: 'allowed', status: 307 }, `${url} signed out`)
      t.match(await recordOf(url, clerk.bearer()), { decision: 'allowed', status: 307 }, `${url} signed in`)
    }
  })

  t.test(`refusals are recorded with their reason, with debugHeaders ${debugHeaders}`, async (t) => {
    const { clerk, recordOf } = await serve(t, { debugHeaders })
    t.match(await recordOf('/mine'), { decision: 'refused', status: 401, reason: 'session-token-and-uat-missing' })
    t.match(await recordOf('/admin', clerk.bearer()), {
      decision: 'refused',
      status: 403,
      reason: 'FST_CLERK_FORBIDDEN'
    })
  })
}

t.test('the redirect that ends a handshake in development is one by the plugin', async (t) => {
  const { clerk, fastify, recordOf } = await serve(t, { debugHeaders: false }, 'development')
  const sent = await fastify.inject({ url: '/page', headers: { ...page, host: 'app.test' } })
  t.equal(sent.statusCode, 307)
  const visit = await clerk.fetch(sent.headers.location as string, { redirect: 'manual' })
  const back = new URL(visit.headers.get('location') as string)
  t.match(await recordOf(back.pathname + back.search, { ...page, host: 'app.test' }), {
    decision: 'redirected',
    status: 307
  })
})

t.test('a guard that refuses where there is no route is recorded with its code', async (t) => {
  const { clerk, fastify, recordOf } = await serve(t, { debugHeaders: false })
  fastify.setNotFoundHandler({ preHandler: fastify.authorize({ role: 'org:admin' }) }, (_request, reply) =>
    reply.code(404).send()
  )
  t.match(await recordOf('/nowhere', clerk.bearer()), {
    decision: 'refused',
    status: 403,
    route: null,
    reason: 'FST_CLERK_FORBIDDEN'
  })
})

t.test('a refusal that looks as if nothing were there is recorded as one, with its route', async (t) => {
  const { clerk, recordOf } = await serve(t, {})
  t.match(await recordOf('/hidden', clerk.bearer({ userId: 'user_1' })), {
    decision: 'refused',
    status: 404,
    reason: 'FST_CLERK_FORBIDDEN',
    userId: 'user_1',
    route: '/hidden'
  })
  t.match(await recordOf('/hidden'), { decision: 'refused', status: 404, route: '/hidden' })
  t.equal(await recordOf('/nobody', clerk.bearer()), undefined)
})
