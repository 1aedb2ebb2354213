import Fastify from 'fastify'
import t from 'tap'
import audit, { type AuditRecord, type AuditSink } from '../../src/audit/index.js'
import { createApp } from '../fixtures/app.js'

const sinkTo = (lines: string[]): AuditSink => ({
  name: 'memory',
  open: async () => {},
  close: async () => {},
  write: async (batch) => void lines.push(...batch)
})

t.test('with the plugin itself: every action names its user and device, every refusal its reason', async (t) => {
  const lines: string[] = []
  const { clerk, fastify } = await createApp(t, {
    async routes(fastify) {
      await fastify.register(audit, { sink: sinkTo(lines) })
      fastify.addHook('onRequest', async () => {})
      fastify.post('/things', { onRequest: fastify.requireAuth }, async () => 'made')
      fastify.get('/things', { onRequest: fastify.requireAuth }, async () => 'read')
      fastify.delete('/things/:id', { preHandler: fastify.authorize({ role: 'org:admin' }) }, async () => 'gone')
      fastify.post('/hook', { config: { clerk: false } }, async () => 'open')
      fastify.get('/report', { config: { clerk: { audit: true } } }, async () => 'report')
    }
  })
  const token = clerk.signSessionToken({ userId: 'user_1' })
  const headers = { authorization: `Bearer ${token}`, 'user-agent': 'curl/8.0' }
  await fastify.inject({ method: 'POST', url: '/things', headers })
  await fastify.inject({ method: 'GET', url: '/things', headers })
  await fastify.inject({ method: 'GET', url: '/things' })
  await fastify.inject({
    method: 'POST',
    url: '/things',
    headers: { authorization: `Bearer ${token.slice(0, -4)}AAAA` }
  })
  await fastify.inject({ method: 'DELETE', url: '/things/7', headers })
  await fastify.inject({ method: 'POST', url: '/hook', headers })
  await fastify.inject({ method: 'GET', url: '/report', headers })
  await fastify.auditLog.flush()
  const records = lines.map((line) => JSON.parse(line) as AuditRecord)
  t.match(records, [
    { route: '/things', decision: 'allowed', userId: 'user_1', device: { sessionId: /^sess_/, userAgent: 'curl/8.0' } },
    { route: '/things', method: 'GET', decision: 'refused', status: 401, reason: /missing/, userId: null },
    { route: '/things', method: 'POST', decision: 'refused', reason: 'token-invalid-signature', userId: null },
    { route: '/things/:id', decision: 'refused', status: 403, reason: 'FST_CLERK_FORBIDDEN', userId: 'user_1' },
    { route: '/hook', decision: 'allowed', userId: null, token: null },
    { route: '/report', decision: 'allowed', userId: 'user_1' }
  ])
  t.equal(records.length, 6)
  t.notOk(lines.join().includes(token.split('.')[1] as string), 'no part of a token')
})

t.test('a server that has routes already refuses the audit log: they would go unrecorded', async (t) => {
  const fastify = Fastify()
  fastify.register(audit, { sink: sinkTo([]) })
  fastify.post('/before', () => 'unseen')
  t.teardown(() => fastify.close())
  await t.rejects(async () => fastify.ready(), { code: 'FST_CLERK_AUDIT_EARLY_ROUTES', message: ': POST /before. ' })
})

t.test(
  'a scope that has routes already refuses it too; routes elsewhere, and for OPTIONS alone, are none',
  async (t) => {
    for (const [method, earlyRoutes, refuses] of [
      ['POST', false, true],
      ['POST', ['/audited/before'], false],
      ['OPTIONS', false, false]
    ] as const) {
      const fastify = Fastify()
      t.teardown(() => fastify.close())
      fastify.post('/elsewhere', () => 'unaudited')
      fastify.register(
        async (scope) => {
          scope.route({ method, url: '/before', handler: () => 'unseen' })
          await scope.register(audit, { sink: sinkTo([]), earlyRoutes })
          scope.post('/after', () => 'seen')
        },
        { prefix: '/audited' }
      )
      if (refuses) {
        const message = ': POST /audited/before. '
        await t.rejects(async () => fastify.ready(), { code: 'FST_CLERK_AUDIT_EARLY_ROUTES', message })
      } else await t.resolves(async () => fastify.ready(), `${method} ${earlyRoutes}`)
    }
  }
)

t.test('routes of a scope that was made before it are recorded', async (t) => {
  const lines: string[] = []
  const { clerk, fastify } = await createApp(t, {
    async routes(fastify) {
      let earlier = fastify
      await fastify.register(async (scope) => {
        earlier = scope
      })
      await fastify.register(audit, { sink: sinkTo(lines) })
      earlier.delete('/things', () => 'gone')
    }
  })
  await fastify.inject({ method: 'DELETE', url: '/things', headers: clerk.bearer({ userId: 'user_1' }) })
  await fastify.auditLog.flush()
  t.match(
    lines.map((line) => JSON.parse(line)),
    [{ route: '/things', method: 'DELETE', userId: 'user_1' }]
  )
})

t.test('a plugin that assigns over its hooks is noticed', async (t) => {
  const fastify = Fastify()
  t.teardown(() => fastify.close())
  await fastify.register(audit, { sink: sinkTo([]) })
  fastify.addHook('onRoute', (route) => {
    route.onResponse = async () => {}
  })
  fastify.post('/things', () => 'unseen')
  await t.rejects(async () => fastify.ready(), {
    code: 'FST_CLERK_ROUTE_OVERWRITTEN',
    message: 'POST /things (onResponse)'
  })
})
