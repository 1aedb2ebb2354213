import t from 'tap'
import { serverWith } from './audited-server.js'

t.test('a route says what is recorded of it', async (t) => {
  const { sink, send } = await serverWith({}, (fastify) => {
    fastify.post('/never', { config: { clerk: { audit: false } } as never }, async () => 'x')
    fastify.get('/always', { config: { clerk: { audit: true } } as never }, async () => 'x')
    const refused = { when: 'refused', action: 'search' }
    fastify.post('/search', { config: { clerk: { audit: refused } } as never }, async (request, reply) =>
      reply.code(request.headers['x-who'] === 'out' ? 401 : 200).send({})
    )
    const invoice = { action: 'invoice.delete', targetParam: 'id' }
    fastify.delete('/invoices/:id', { config: { clerk: { audit: invoice } } as never }, async () => ({}))
  })
  await send('POST', '/never', { 'x-who': 'impersonated' })
  await send('GET', '/always', { 'x-who': 'in' })
  await send('POST', '/search', { 'x-who': 'in' })
  await send('POST', '/search', { 'x-who': 'impersonated' })
  await send('POST', '/search', { 'x-who': 'out' })
  await send('DELETE', '/invoices/inv_5', { 'x-who': 'in' })
  t.match(sink.records, [
    { route: '/always' },
    { route: '/search', decision: 'refused', reason: 'session-token-missing', action: 'search', userId: null },
    { route: '/invoices/:id', action: 'invoice.delete', target: 'inv_5' }
  ])
  t.equal(sink.records.length, 3)
})

t.test('a misspelt route configuration keeps the route from being made', async (t) => {
  const wrong: unknown[] = [
    'yes',
    null,
    [],
    { whem: 'always' },
    { when: 'sometimes' },
    { action: 7 },
    { targetParam: 7 }
  ]
  for (const option of wrong) {
    const { fastify } = await serverWith()
    t.throws(
      () => fastify.get('/x', { config: { clerk: { audit: option } } as never }, async () => 'x'),
      { code: 'FST_CLERK_ROUTE_OPTIONS' },
      JSON.stringify(option)
    )
  }
})
