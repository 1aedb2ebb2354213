import http2 from 'node:http2'
import type { AddressInfo } from 'node:net'
import Fastify, { type FastifyInstance } from 'fastify'
import t from 'tap'
import audit from '../../src/audit/index.js'
import clerkAuth from '../../src/index.js'
import { createLocalClerk } from '../../src/local/index.js'
import { memorySink } from './audited-server.js'

// Answers of the not-found handler for requests that have a route.

const clerk = await createLocalClerk()
const headers = clerk.bearer({ userId: 'user_mallory' })

for (const isHttp2 of [false, true]) {
  t.test(`a route that answers by callNotFound() is recorded once, over HTTP/${isHttp2 ? 2 : 1}`, async (t) => {
    const fastify = Fastify(isHttp2 ? ({ http2: true } as object) : {}) as unknown as FastifyInstance
    const sink = memorySink()
    await fastify.register(clerkAuth, clerk.pluginOptions())
    fastify.register(async (scope) => {
      await scope.register(audit, { sink })
      scope.delete('/scope', (_request, reply) => reply.callNotFound())
    })
    const whole = Fastify(isHttp2 ? ({ http2: true } as object) : {}) as unknown as FastifyInstance
    await whole.register(clerkAuth, clerk.pluginOptions())
    await whole.register(audit, { sink })
    whole.delete('/plain', (_request, reply) => void reply.callNotFound())
    whole.delete('/noted', async (request, reply) => {
      request.audit({ amount: 1 })
      return reply.callNotFound()
    })
    whole.delete('/hook', { preHandler: async (_request, reply) => reply.callNotFound() }, () => 'x')
    whole.get('/read', (_request, reply) => reply.callNotFound())
    t.teardown(() => Promise.all([fastify.close(), whole.close()]))
    for (const [app, routes] of [
      [fastify, ['/scope']],
      [whole, ['/plain', '/noted', '/hook']]
    ] as const) {
      await app.listen({ port: 0, host: '127.0.0.1' })
      for (const route of routes) {
        await send(app, 'DELETE', route, isHttp2)
        t.match(await recordsOf(sink), [{ route, status: 404, decision: 'allowed', aborted: false }])
      }
    }
    await send(whole, 'GET', '/read', isHttp2)
    t.strictSame(await recordsOf(sink), [], 'as any other read')
    await whole.inject({ method: 'DELETE', url: '/noted', headers })
    t.match(await recordsOf(sink), [{ route: '/noted', status: 404, aborted: false, details: { amount: 1 } }])
  })
}

t.test('a refusal that an error handler answers as something else is recorded as one', async (t) => {
  const fastify = Fastify()
  const sink = memorySink()
  await fastify.register(clerkAuth, clerk.pluginOptions())
  await fastify.register(audit, { sink })
  fastify.setErrorHandler((error: { statusCode?: number }, request, reply) => {
    if (error.statusCode !== 403) return reply.code(500).send({})
    return request.url === '/page' ? reply.code(200).send('sorry') : reply.callNotFound()
  })
  const admin = fastify.authorize({ role: 'org:admin' })
  fastify.get('/admin', { onRequest: admin }, () => 'x')
  fastify.get('/page', { preHandler: admin }, () => 'x')
  fastify.get('/broken', { onRequest: fastify.requireAuth }, () => {
    throw new Error('broken')
  })
  await fastify.listen({ port: 0, host: '127.0.0.1' })
  t.teardown(() => fastify.close())
  const refused = { decision: 'refused', reason: 'FST_CLERK_FORBIDDEN', userId: 'user_mallory' }
  await send(fastify, 'GET', '/admin', false)
  t.match(await recordsOf(sink), [{ ...refused, route: '/admin', status: 404 }])
  await send(fastify, 'GET', '/page', false)
  t.match(await recordsOf(sink), [{ ...refused, route: '/page', status: 200 }])
  await send(fastify, 'GET', '/broken', false)
  t.strictSame(await recordsOf(sink), [])
})

/** The records since the last call. */
const taken = new WeakMap<object, number>()
async function recordsOf(sink: ReturnType<typeof memorySink>) {
  // The sink is written to within flushIntervalInMs.
  await new Promise((resolve) => setTimeout(resolve, 150))
  const { records } = sink
  const start = taken.get(sink) ?? 0
  taken.set(sink, records.length)
  return records.slice(start)
}

async function send(fastify: FastifyInstance, method: string, path: string, isHttp2: boolean): Promise<void> {
  const origin = `http://127.0.0.1:${(fastify.server.address() as AddressInfo).port}`
  if (!isHttp2) {
    await (await fetch(origin + path, { method, headers })).text()
    return
  }
  const session = http2.connect(origin)
  const stream = session.request({ ':method': method, ':path': path, ...headers }).resume()
  await new Promise((resolve) => stream.end().on('close', resolve))
  session.destroy()
}
