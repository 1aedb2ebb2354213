import Fastify, { type FastifyInstance } from 'fastify'
import t from 'tap'
import clerkAuth, {
  type ApiKeyAuth,
  type Auth,
  getAuth,
  type InvalidTokenAuth,
  type M2MTokenAuth,
  type SessionAuth,
  type TokenType,
  type UnauthenticatedMachineAuth
} from '../../src/index.js'
import { createLocalClerk } from '../../src/local/index.js'
import { createApp } from '../fixtures/app.js'
import { type Equals, holds } from '../types/equals.js'

const ACCEPTED = ['any', 'session_token', 'api_key', 'm2m_token', 'oauth_token', ['api_key', 'session_token'], []]

t.test('the accepted types filter what the route let in', async (t) => {
  const { fastify, clerk } = await createApp(t, {
    plugin: { acceptsToken: 'any' },
    routes: (fastify) => {
      fastify.get('/', (request) => {
        const auths = ACCEPTED.map((acceptsToken) => getAuth(request, { acceptsToken: acceptsToken as TokenType }))
        return { auths: [getAuth(request), ...auths].map((auth) => [auth.isAuthenticated, auth.tokenType]) }
      })
    }
  })
  const ask = async (headers: Record<string, string>) => (await fastify.inject({ url: '/', headers })).json().auths

  const none = (type: string | null) => [false, type]
  const absent = ['api_key', 'm2m_token', 'oauth_token'].map(none)
  const session = [true, 'session_token']
  t.strictSame(await ask(clerk.bearer()), [session, session, session, ...absent, session, none(null)])
  const out = none('session_token')
  t.strictSame(await ask({}), [out, out, out, ...absent, out, none(null)], 'nobody')

  const apiKey = { authorization: `Bearer ${clerk.machineTokens.createApiKey({ subject: 'user_1' })}` }
  const known = [true, 'api_key']
  const expected = [out, known, out, known, none('m2m_token'), none('oauth_token'), known, none(null)]
  t.strictSame(await ask(apiKey), expected)
  const machine = { authorization: `Bearer ${clerk.machineTokens.createM2MToken()}` }
  t.strictSame((await ask(machine))[6], none(null), 'none of a list')
})

t.test('where nothing authenticates, it says what to do', async (t) => {
  const bare = Fastify()
  t.teardown(() => bare.close())
  bare.get('/', (request) => getAuth(request))
  t.match((await bare.inject('/')).json(), { statusCode: 500, code: 'FST_CLERK_NOT_REGISTERED' })

  const { fastify } = await createApp(t, {
    routes: (fastify) => {
      fastify.get('/off', { config: { clerk: false } }, (request) => getAuth(request))
    }
  })
  t.match((await fastify.inject('/off')).json(), { statusCode: 500, code: 'FST_CLERK_NOT_EVALUATED' })
})

t.test('in a hook before the plugin it is signed out, as request.auth is', async (t) => {
  const clerk = await createLocalClerk()
  t.teardown(() => clerk.close())
  const app = Fastify()
  t.teardown(() => app.close())
  let earlier: FastifyInstance = app
  await app.register(async (scope) => {
    earlier = scope
  })
  const seen: unknown[] = []
  app.addHook('onRequest', async (request) => {
    const { isAuthenticated, reason } = getAuth(request) as { isAuthenticated: boolean; reason: string }
    seen.push([isAuthenticated, reason])
  })
  await app.register(clerkAuth, clerk.pluginOptions())
  app.get('/', (request) => ({ in: getAuth(request).isAuthenticated }))
  earlier.get('/earlier', (request) => ({ in: getAuth(request).isAuthenticated }))
  for (const url of ['/', '/earlier']) {
    t.same((await app.inject({ url, headers: clerk.bearer() })).json(), { in: true }, url)
  }
  const before = [false, 'not-authenticated-yet']
  t.strictSame(seen, [before, before])
})

t.test('its type follows what is accepted', async (t) => {
  const { fastify } = await createApp(t, {
    routes: (fastify) => {
      fastify.get('/', (request) => {
        const session = getAuth(request)
        holds<Equals<typeof session, SessionAuth>>()
        if (session.isAuthenticated) holds<Equals<typeof session.userId, string>>()
        const any = getAuth(request, { acceptsToken: 'any' })
        holds<Equals<typeof any, Auth>>()
        const machine = getAuth(request, { acceptsToken: 'm2m_token' })
        holds<Equals<typeof machine, M2MTokenAuth | UnauthenticatedMachineAuth<'m2m_token'>>>()
        if (machine.isAuthenticated) holds<Equals<typeof machine.machineId, string>>()
        const several = getAuth(request, { acceptsToken: ['session_token', 'api_key'] })
        type Several = SessionAuth | ApiKeyAuth | UnauthenticatedMachineAuth<'api_key'> | InvalidTokenAuth
        holds<Equals<typeof several, Several>>()
        // @ts-expect-error no such token type
        getAuth(request, { acceptsToken: 'jwt' })
        return 'typed'
      })
    }
  })
  t.equal((await fastify.inject('/')).body, 'typed')
})
