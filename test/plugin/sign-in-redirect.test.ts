import Fastify from 'fastify'
import t, { type Test } from 'tap'
import { type ClerkAuthOptions, requestSerializer } from '../../src/index.js'
import type { LocalClerkOptions } from '../../src/local/index.js'
import { createApp } from '../fixtures/app.js'

const SIGN_IN = 'https://accounts.example.net/sign-in'

/** An application whose sign-in page sends every browser back at once, and a browser that follows with its cookies. */
async function createLoop(t: Test, plugin: Partial<ClerkAuthOptions> = {}, local: LocalClerkOptions = {}) {
  const lines: string[] = []
  const { clerk, fastify } = await createApp(t, {
    local,
    plugin: { requireAuthRedirect: true, signInUrl: SIGN_IN, ...plugin },
    server: { logger: { level: 'warn', stream: { write: (line: string) => lines.push(line) } } },
    routes(fastify) {
      fastify.get('/*', { onRequest: fastify.requireAuth }, () => 'in')
    }
  })

  function createBrowser(cookie: string) {
    let counted = ''
    return async (url: string) => {
      const response = await fastify.inject({
        url,
        headers: { host: 'app.example.com', accept: 'text/html', cookie: `${cookie}; ${counted}` }
      })
      const [set] = [response.headers['set-cookie'] ?? []].flat()
      if (set?.startsWith('__clerk_sign_in_count=')) counted = set.split(';')[0] ?? ''
      return response
    }
  }
  return { clerk, fastify, lines, createBrowser }
}

t.test('a session that is refused here and good at the sign-in page ends in 401, with one warning', async (t) => {
  const { clerk, lines, createBrowser } = await createLoop(t, { authorizedParties: ['https://app.example.com'] })
  const visit = createBrowser(clerk.cookies({ azp: 'http://app.example.com' }))
  const statuses: number[] = []
  let url = '/page?a=1'
  for (let i = 0; i < 12; i++) {
    const response = await visit(url)
    statuses.push(response.statusCode)
    if (response.statusCode === 302) {
      const target = new URL(response.headers.location as string)
      t.equal(target.origin + target.pathname, SIGN_IN)
      t.equal(response.headers['cache-control'], 'no-store')
      t.match(response.headers['set-cookie'], /; SameSite=Lax; HttpOnly; Max-Age=10$/)
      url = (target.searchParams.get('redirect_url') as string).slice('http://app.example.com'.length)
    } else {
      t.equal(response.headers['x-clerk-auth-reason'], 'token-invalid-authorized-parties')
      t.equal(response.headers['www-authenticate'], 'Bearer error="invalid_token"')
      t.equal(response.headers['set-cookie'], undefined, 'the count runs out')
    }
  }
  t.same(statuses, [302, 302, 302, ...Array(9).fill(401)])
  t.equal(lines.length, 1)
  t.match(lines[0], /"reason":"token-invalid-authorized-parties".*answered 401.*authorizedParties/)
})

t.test('pages are counted apart, whatever the sign-in page adds to the address', async (t) => {
  const { createBrowser } = await createLoop(t)
  const visit = createBrowser('')
  for (const page of ['/a', '/b', '/c', '/d', '/e']) t.equal((await visit(page)).statusCode, 302, page)
  for (const [query, status] of [
    ['', 302],
    ['?__clerk_status=verified', 302],
    ['?x=1', 302],
    ['?x=2', 401]
  ] as const) {
    t.equal((await visit(`/same${query}`)).statusCode, status, query)
  }
})

t.test('a made-up count stops or starts nothing for anybody else', async (t) => {
  const { fastify } = await createLoop(t)
  for (const count of ['9', '9.', '-1.aaaaaaaa', '9.aaaaaaaa', '99.aaaaaaaa', '1.aaaaaaaab']) {
    const headers = { accept: 'text/html', cookie: `__clerk_sign_in_count=${count}` }
    const response = await fastify.inject({ url: '/page', headers })
    t.equal(response.statusCode, 302, count)
    t.match(response.headers['set-cookie'], /^__clerk_sign_in_count=1\.[\w-]{8};/)
  }
})

const SECRET = 'eyJhbGciOiJSUzI1NiJ9.e30.c2VjcmV0'
const SECRET_NAMES = [
  '__clerk_handshake',
  '__clerk_handshake_nonce',
  '__clerk_db_jwt',
  '__dev_session',
  '%5F%5Fclerk%5Fhandshake',
  '__clerk_%68andshake_nonce'
]

t.test('what a handshake left in the URL goes to nobody else', async (t) => {
  const { fastify } = await createLoop(t)
  const development = await createLoop(t, {}, { instanceType: 'development', frontendApi: 'a.clerk.accounts.dev' })
  for (const name of SECRET_NAMES) {
    const url = `/page?a=1&${name}=${SECRET}&b=%20`
    const headers = { host: 'app.example.com', accept: 'text/html' }
    for (const [what, response] of [
      ['sign-in', await fastify.inject({ url, headers })],
      ['handshake', await fastify.inject({ url, headers: { ...headers, cookie: '__client_uat=5' } })],
      ['development', await development.fastify.inject({ url, headers })]
    ] as const) {
      const location = response.headers.location ?? ''
      // The way out of the URL of this page itself, and a refusal, hold nothing for others.
      if (location === '' || location.startsWith('http://app.example.com/')) continue
      // In development FAPI knows the browser by this parameter alone.
      const target = new URL(location)
      if (what === 'development') target.searchParams.delete('__clerk_db_jwt')
      t.notMatch(target.href, SECRET, `${what} ${name}`)
      t.equal(target.searchParams.get('redirect_url'), 'http://app.example.com/page?a=1&b=+')
    }
  }
})

t.test('the request log has no parameter of Clerk, and every other as it came', async (t) => {
  for (const [url, logged] of [
    ['/', '/'],
    ['/a?b=1&c=%5Fx', '/a?b=1&c=%5Fx'],
    ['/a?b=%ZZ&%ZZ=1', '/a?b=%ZZ&%ZZ=1'],
    ['/a?x=1&&y=&z', '/a?x=1&&y=&z'],
    ['/?__clerk_synced=false', '/'],
    [`/__clerk/v1/client/handshake?a=1&__session=${SECRET}`, '/__clerk/v1/client/handshake?a=1'],
    ['/?my__session=1', '/?my__session=1'],
    ...SECRET_NAMES.map((name) => [`/?${name}=${SECRET}`, '/']),
    ...SECRET_NAMES.map((name) => [`/a?b=%20&${name}=${SECRET}&c=1`, '/a?b=%20&c=1']),
    [`http://app.example.com/a?__clerk_db_jwt=${SECRET}`, 'http://app.example.com/a']
  ] as [string, string][]) {
    t.equal(requestSerializer({ method: 'GET', url }).url, logged)
  }
})

t.test('Fastify logs requests by the serializer as by its own', async (t) => {
  const logOf = async (serializers: { req?: typeof requestSerializer }, url: string) => {
    const lines: string[] = []
    const fastify = Fastify({ logger: { serializers, stream: { write: (line: string) => lines.push(line) } } })
    t.teardown(() => fastify.close())
    fastify.get('/', () => 1)
    await fastify.inject({ url, headers: { host: 'app.example.com', 'accept-version': '1' } })
    return JSON.parse(lines[0] ?? '{}').req
  }
  const own = { req: requestSerializer }
  t.same(await logOf(own, '/?a=1'), await logOf({}, '/?a=1'))
  t.equal((await logOf(own, `/?__clerk_handshake=${SECRET}`)).url, '/')
})

t.test('a guard that is called by hand redirects, and what follows the call does not run', async (t) => {
  const seen: string[] = []
  const { clerk, fastify } = await createApp(t, {
    plugin: { requireAuthRedirect: true, signInUrl: SIGN_IN },
    routes(fastify) {
      fastify.addHook('onRequest', async (request, reply) => {
        if (request.url.startsWith('/hook')) await fastify.requireAuth(request, reply)
        seen.push('hook')
      })
      fastify.get('/hook', () => seen.push('handler'))
      fastify.get('/handler', async (request, reply) => {
        await fastify.requireAuth(request, reply)
        seen.push('handler')
        return 'in'
      })
    }
  })
  const ask = (url: string, headers: Record<string, string>) =>
    fastify.inject({ url, headers: { host: 'app.example.com', ...headers } })
  for (const [url, before] of [
    ['/hook', []],
    ['/handler', ['hook']]
  ] as const) {
    seen.length = 0
    const response = await ask(url, { accept: 'text/html' })
    t.equal(response.statusCode, 302, url)
    t.match(response.headers.location, SIGN_IN)
    t.equal(response.body, '')
    t.strictSame(seen, before)
    t.equal((await ask(url, { accept: 'application/json' })).statusCode, 401)
    t.strictSame((await ask(url, clerk.bearer())).statusCode, 200)
    t.equal(seen.at(-1), 'handler')
  }
})
