import Fastify from 'fastify'
import { decodeJwt } from 'jose'
import t from 'tap'
import clerkAuth from '../../src/index.js'
import { createLocalClerk, type LocalClerkOptions } from '../../src/local/index.js'

const PARTIES = ['https://app.example.com', 'https://admin.example.com'] as const

/** The `azp` of the token that a browser at that origin gets from a handshake, and whether it is signed in by it. */
async function setup(options: LocalClerkOptions, overrides: object) {
  const clerk = await createLocalClerk({ ...options, users: [{ id: 'user_1' }] })
  const app = Fastify()
  await app.register(clerkAuth, clerk.pluginOptions(overrides))
  app.get('/', { onRequest: app.requireAuth }, ({ auth }) => ({ azp: auth.sessionClaims?.azp ?? null }))
  const ask = async (headers: Record<string, string>) => {
    const answer = await app.inject({ url: '/', headers })
    return answer.statusCode === 200 ? answer.json().azp : answer.statusCode
  }
  async function refresh(host: string) {
    const session = clerk.openSession('user_1')
    const expired = clerk.sessionToken(session.id, { expiresInSeconds: -60 })
    return ask({
      host,
      accept: 'text/html',
      'sec-fetch-dest': 'document',
      cookie: clerk.cookies(expired, { refresh: session.refreshToken })
    })
  }
  t.teardown(() => app.close())
  return { clerk, ask, refresh }
}

t.test('tokens are for an authorized party of the application', async (t) => {
  const { clerk, ask, refresh } = await setup({}, { authorizedParties: [...PARTIES, 'http://third.example.com'] })
  t.equal(await ask(clerk.bearer()), PARTIES[0])
  t.equal(await ask({ cookie: clerk.cookies() }), PARTIES[0])
  t.equal(await ask(clerk.bearer(clerk.sessionToken(clerk.openSession('user_1').id))), PARTIES[0])
  t.equal(await refresh('localhost:3000'), PARTIES[0], 'the page is of no authorized party')
  t.equal(await refresh('third.example.com'), 'http://third.example.com', 'the page is')
  t.equal(await ask(clerk.bearer({ azp: PARTIES[1] })), PARTIES[1])
  t.equal(await ask(clerk.bearer({ azp: 'https://evil.example.com' })), 401)
  t.equal(await ask(clerk.bearer({ azp: null })), 401)
})

t.test('without authorized parties, they are for the page, and a local application', async (t) => {
  const { clerk, ask, refresh } = await setup({}, {})
  t.equal(await ask(clerk.bearer()), 'https://app.local.test')
  t.equal(await refresh('localhost:3000'), 'http://localhost:3000')
  t.equal(await ask(clerk.bearer({ azp: null })), null)
})

t.test('tokens can be without azp everywhere', async (t) => {
  const { clerk, ask, refresh } = await setup({ azp: null }, {})
  t.notOk('azp' in decodeJwt(clerk.signSessionToken()))
  t.equal(await ask({ cookie: clerk.cookies() }), null)
  t.equal(await refresh('localhost:3000'), null)
  const strict = await setup({ azp: null }, { authorizedParties: PARTIES })
  t.equal(await strict.ask(strict.clerk.bearer()), 401)
  t.equal(await strict.ask({ cookie: strict.clerk.cookies() }), 401)
  t.not(await strict.refresh('localhost:3000'), 200)
})

t.test('a handshake brings such tokens too', async (t) => {
  for (const [options, overrides, azp] of [
    [{}, { authorizedParties: PARTIES }, PARTIES[0]],
    [{}, {}, 'http://localhost:3000'],
    [{ azp: null }, {}, undefined]
  ] as const) {
    const clerk = await createLocalClerk({ ...options, handshakeFormat: 'token', users: [{ id: 'user_1' }] })
    clerk.pluginOptions(overrides)
    const back = encodeURIComponent('http://localhost:3000/')
    const signedIn = await clerk.fetch(`${clerk.issuer}/sign-in?redirect_url=${back}`, {
      method: 'POST',
      redirect: 'manual',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: `user_id=user_1&redirect_url=${back}`
    })
    const location = new URL(signedIn.headers.get('location') ?? 'x:')
    const devBrowser = location.searchParams.get('__clerk_db_jwt') ?? ''
    const handshake = await clerk.fetch(
      `${clerk.issuer}/v1/client/handshake?redirect_url=${back}&__clerk_db_jwt=${devBrowser}`,
      { redirect: 'manual' }
    )
    const carried = new URL(handshake.headers.get('location') ?? 'x:').searchParams.get('__clerk_handshake') ?? ''
    const lines = (decodeJwt(carried) as { handshake: string[] }).handshake
    const token = /^__session=([^;]+)/.exec(lines.find((line) => line.startsWith('__session=')) ?? '')?.[1] ?? ''
    t.equal(decodeJwt(token).azp, azp)
  }
})
