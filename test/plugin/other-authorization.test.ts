import Fastify from 'fastify'
import t from 'tap'
import clerkAuth, { requireAuth } from '../../src/index.js'
import { createLocalClerk } from '../../src/local/index.js'
import { signingKey } from '../fixtures/app.js'

async function createServer(instanceType: 'production' | 'development') {
  const clerk = await createLocalClerk({ signingKey, instanceType })
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(clerkAuth, clerk.pluginOptions())
  app.get('/me', { onRequest: requireAuth }, (request) => request.auth.userId)
  return { clerk, app }
}

t.test("a platform's bearer token goes before the cookies, and is refused", async (t) => {
  const { clerk, app } = await createServer('production')
  const headers = { authorization: 'Bearer of.a.platform', cookie: clerk.cookies({ userId: 'user_ada' }) }
  const refused = await app.inject({ url: '/me', headers })
  t.equal(refused.statusCode, 401)
  t.equal(refused.headers['x-clerk-auth-reason'], 'token-invalid')
  t.equal((await app.inject({ url: '/me', headers: { ...headers, authorization: 'Basic eDp5' } })).body, 'user_ada')
})

t.test('many of them are told in the log, once with the count, and no client is told more', async (t) => {
  const lines: { msg: string; count?: number; help?: string; repeated?: number }[] = []
  const stream = { write: (line: string) => void lines.push(JSON.parse(line)) }
  const clerk = await createLocalClerk({ signingKey, instanceType: 'production' })
  const app = Fastify({ logger: { level: 'warn', stream } })
  t.teardown(() => app.close())
  await app.register(clerkAuth, clerk.pluginOptions({ authorizedParties: ['https://app.example.com'] }))
  app.get('/me', { onRequest: requireAuth }, (request) => request.auth.userId)
  const other = await createLocalClerk({ frontendApi: 'clerk.other.example', signingKey })
  const cookie = clerk.cookies({ userId: 'user_ada' })
  const ask = async (authorization: string, more: object = { cookie }) => {
    const response = await app.inject({ url: '/me', headers: { authorization, ...more } })
    t.equal(response.statusCode, 401)
    return response.headers['x-clerk-auth-message']
  }
  const told = (part: string) => lines.filter(({ msg }) => msg.includes(part))
  const ofPlatform = `Bearer ${other.signSessionToken()}`
  const tooLong = `Bearer ${'a'.repeat(9000)}`

  // None of these is a platform's: tokens of this instance, and no cookies.
  const expired = `Bearer ${clerk.signSessionToken({ expiresInSeconds: -60 })}`
  for (let i = 0; i < 30; i++) {
    await ask(expired)
    await ask('Bearer of.a.platform', {})
  }
  for (let i = 0; i < 19; i++) await ask(i % 2 === 0 ? ofPlatform : 'Bearer of.a.platform')
  for (let i = 0; i < 19; i++) await ask(tooLong)
  t.strictSame(told('many requests'), [], 'few are not told')

  t.equal(
    await ask('Bearer of.a.platform'),
    'The token is not a well-formed session token. (reason=token-invalid, token-carrier=header)'
  )
  t.match(await ask(tooLong, {}), /longer than 8192 characters/)
  for (let i = 0; i < 50; i++) {
    await ask(ofPlatform)
    await ask(tooLong)
  }
  t.match(told('session cookies too'), [{ count: 20, help: /#log-authorization-over-cookies$/ }])
  t.match(told('longer than 8192'), [{ count: 20, help: /#log-tokens-too-long$/ }])
  t.equal(told('many requests').length, 2)
})

t.test('a token under another scheme is not read, and the refusal says so', async (t) => {
  for (const instanceType of ['production', 'development'] as const) {
    const { clerk, app } = await createServer(instanceType)
    const messageFor = async (headers: Record<string, string>) => {
      const response = await app.inject({ url: '/me', headers })
      t.equal(response.statusCode, 401)
      return response.json().message as string
    }
    for (const scheme of ['Token', 'JWT', 'Basic']) {
      const message = await messageFor({ authorization: `${scheme} ${clerk.signSessionToken()}` })
      t.match(message, /not read, as its scheme is not Bearer\. .*Authorization: Bearer/, `${instanceType}, ${scheme}`)
    }
    t.notMatch(await messageFor({}), /scheme/, 'no header came')
    t.notMatch(await messageFor({ authorization: 'Bearer x.y.z' }), /scheme/, 'the header was read')
    const cookie = clerk.cookies({ expiresInSeconds: -60 })
    t.notMatch(await messageFor({ authorization: 'Basic eDp5', cookie }), /scheme/, 'the cookies are the cause')
  }
})

t.test('a slip in the form of the header is named in development, and in production no more than before', async (t) => {
  for (const instanceType of ['development', 'production'] as const) {
    const { clerk, app } = await createServer(instanceType)
    const token = clerk.signSessionToken({ userId: 'user_ada' })
    const url = await app.listen({ port: 0, host: '127.0.0.1' })
    const ask = (authorization: string) => fetch(`${url}/me`, { headers: { authorization } })
    for (const [authorization, hint] of [
      [`Bearer Bearer ${token}`, /After "Bearer" comes one space and then the token/],
      [`Bearer  ${token}`, /After "Bearer" comes one space and then the token/],
      ['Bearer', /After "Bearer" comes one space and then the token/],
      [`Bearer "${token}"`, /The token is in quotes/],
      ['Bearer ak_live_of_a_machine', /a machine by its prefix.*acceptsToken/]
    ] as const) {
      const response = await ask(authorization)
      t.equal(response.status, 401)
      t.equal(response.headers.get('x-clerk-auth-reason'), 'token-invalid')
      const message = response.headers.get('x-clerk-auth-message') ?? ''
      if (instanceType === 'development') t.match(message, hint, authorization.slice(0, 16))
      else
        t.equal(message, 'The token is not a well-formed session token. (reason=token-invalid, token-carrier=header)')
      t.notMatch(message, token.slice(-20))
    }
    t.match(await (await ask(`Bearer: ${token}`)).json(), { message: /scheme is not Bearer/ })
    for (const authorization of [token, `bearer ${token}`, `BEARER ${token}`]) {
      t.equal(await (await ask(authorization)).text(), 'user_ada', authorization.slice(0, 8))
    }
  }
})
