import t from 'tap'
import clerkOtel from '../../src/otel/index.js'
import { createApp } from '../fixtures/app.js'
import { createMetricsSdk } from './collected.js'

// Attributes are what a metrics back end pays for. Whatever strangers send, the series are those of a closed list.

t.test('no method, host, path, token or cookie of a stranger makes a series of its own', async (t) => {
  const { meterProvider, collect } = createMetricsSdk(t)
  const { clerk, fastify } = await createApp(t, {
    routes: async (fastify) => {
      await fastify.register(clerkOtel, { meterProvider, slowInMs: 0 })
      fastify.get('/users/:id', { preHandler: fastify.requireAuth }, () => 'ok')
    }
  })
  const kinds = [
    (id: string) => ({ url: `/users/${id}` }),
    (id: string) => ({ url: `/nowhere/${id}?__clerk_handshake=${id}` }),
    (id: string) => ({ url: '/users/1', method: 'PROPFIND' as never, headers: { 'x-http-method-override': id } }),
    (id: string) => ({ url: '/users/1', headers: { host: `${id}.evil.test`, 'x-forwarded-host': `${id}.evil.test` } }),
    (id: string) => ({ url: '/users/1', headers: { authorization: `Bearer ${id}` } }),
    (id: string) => ({ url: '/users/1', headers: { authorization: `Bearer ak_${id}` } }),
    (id: string) => ({ url: '/users/1', headers: clerk.bearer({ userId: `user_${id}`, expiresInSeconds: -60 }) }),
    (id: string) => ({
      url: '/users/1',
      headers: clerk.bearer({ claims: { iss: `https://${id}.evil.test` }, sessionId: `sess_${id}` })
    }),
    (id: string) => ({
      url: '/users/1',
      headers: { cookie: `__session=${id}; __client_uat=1; __session_${id}=${id}` }
    }),
    (id: string) => ({ url: '/users/1', headers: clerk.bearer({ userId: `user_${id}` }) })
  ]
  const seriesAfter = async (from: number, to: number) => {
    for (let i = from; i < to; i++) {
      for (const kind of kinds) await fastify.inject(kind(`stranger${i}`))
    }
    const points = await collect()
    // Known once Clerk has answered, and refreshed by time: neither depends on a request.
    const ofRequests = points.filter(({ name }) => !/clock\.offset|key\.refreshes/.test(name))
    return ofRequests
      .map(({ name, attributes }) => `${name} ${JSON.stringify(Object.entries(attributes).sort())}`)
      .sort()
  }
  const first = await seriesAfter(0, 2)
  const later = await seriesAfter(2, 40)
  t.strictSame(later, first, 'the same series, however many strangers there were')
  t.ok(first.length > 20 && first.length < 80, `${first.length} series`)
  t.notMatch(later.join('\n'), /stranger|evil|nowhere|PROPFIND|users/)
  const names = new Set(later.flatMap((series) => [...series.matchAll(/\["([a-z._]+)",/g)].map(([, name]) => name)))
  t.strictSame([...names].sort(), [
    'clerk.auth.cache.result',
    'clerk.auth.outcome',
    'clerk.auth.state',
    'clerk.instance',
    'error.type'
  ])
})
