import Fastify from 'fastify'
import t from 'tap'
import clerkAuth, { signedIn } from '../../../src/index.js'
import { createLocalClerk } from '../../../src/local/index.js'
import { signingKey } from '../../fixtures/app.js'

t.test('signedIn calls the handler for sessions alone, with its own this, request and reply', async (t) => {
  const clerk = await createLocalClerk({ signingKey, instanceType: 'production' })
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(clerkAuth, clerk.pluginOptions({ acceptsToken: 'any' as const }))
  let calls = 0
  app.get<{ Params: { id: string } }>(
    '/notes/:id',
    {},
    signedIn(async function (request, reply) {
      calls++
      reply.header('x-id', request.params.id)
      return { userId: request.auth.userId, isApp: this.server === app.server }
    })
  )
  app.get('/off', { config: { clerk: false } }, signedIn(() => 'in') as never)
  const ask = (headers = {}, url = '/notes/n1') => app.inject({ url, headers })
  const answer = await ask(clerk.bearer({ userId: 'user_ada' }))
  t.strictSame(answer.json(), { userId: 'user_ada', isApp: true })
  t.equal(answer.headers['x-id'], 'n1')
  const key = clerk.machineTokens.createApiKey({ subject: 'user_ada' })
  for (const headers of [{}, { authorization: 'Bearer x.y.z' }, { authorization: `Bearer ${key}` }]) {
    const refused = await ask(headers)
    t.match(refused.json(), { statusCode: 401, code: 'FST_CLERK_UNAUTHORIZED' })
    t.match(refused.headers['www-authenticate'], /^Bearer/)
  }
  t.match((await ask(clerk.bearer(), '/off')).json(), { code: 'FST_CLERK_NOT_EVALUATED' })
  t.equal(calls, 1)
})
