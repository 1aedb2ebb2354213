import type { FastifyRequest } from 'fastify'
import { LRUCache } from 'lru-cache'
import t, { type Test } from 'tap'
import { type App, createApp } from '../fixtures/app.js'

// Counts how often a request looks up, scans and decodes, at the functions that every implementation has to call.

interface Work {
  /** Look-ups of the token in the token cache. */
  lookUps: number
  /** The payload of the token, and its JOSE header, read as JSON. */
  payloads: number
  headers: number
  /** Searches for a semicolon in the Cookie header, one for each of its cookies when it is scanned once. */
  semicolons: number
}

/** Begins to count. The function it returns ends that, and returns the counts. */
function watch(token: string, userId: string, cookieHeader = ''): () => Work {
  const work: Work = { lookUps: 0, payloads: 0, headers: 0, semicolons: 0 }
  const originals = { get: LRUCache.prototype.get, parse: JSON.parse, indexOf: String.prototype.indexOf }
  LRUCache.prototype.get = function get(key, options) {
    if (typeof key === 'string' && key !== '' && token.endsWith(key)) work.lookUps++
    return originals.get.call(this, key, options)
  }
  JSON.parse = (text, reviver) => {
    if (text.includes(`"${userId}"`)) work.payloads++
    else if (text.includes('"kid"')) work.headers++
    return originals.parse(text, reviver)
  }
  String.prototype.indexOf = function indexOf(search, from) {
    if (search === ';' && String(this) === cookieHeader) work.semicolons++
    return originals.indexOf.call(this, search, from)
  }
  return () => {
    LRUCache.prototype.get = originals.get
    JSON.parse = originals.parse
    String.prototype.indexOf = originals.indexOf
    return work
  }
}

const FOREIGN = '_ga=GA1.1; theme=dark; __stripe_mid=x; locale=en'

const carriers = {
  header: (_app: App, token: string) => ({ authorization: `Bearer ${token}` }),
  cookie: ({ clerk }: App, token: string) => ({
    cookie: `${FOREIGN}; ${clerk.cookies(token)}; __refresh_x=y`,
    'sec-fetch-dest': 'empty'
  })
} satisfies Record<string, (app: App, token: string) => { cookie?: string; authorization?: string }>

for (const instanceType of ['production', 'development'] as const) {
  for (const [carrier, headersOf] of Object.entries(carriers)) {
    t.test(`a first-seen token by ${carrier}: ${instanceType}`, async (t) => {
      const app = await createApp(t, {
        local: { instanceType },
        routes: (fastify) => void fastify.get('/', (request) => request.auth.userId)
      })
      const { clerk, fastify } = app
      // Keys have been fetched, and the JOSE header of the instance's tokens is known.
      await send(t, app, carriers.header(app, clerk.signSessionToken({ userId: 'user_before' })), 'user_before')

      const userId = `user_${carrier}`
      const token = clerk.signSessionToken({ userId })
      const headers: { cookie?: string; authorization?: string } = headersOf(app, token)
      const before = fastify.clerk.stats()
      const stop = watch(token, userId, headers.cookie)
      await send(t, app, headers, userId)
      const work = stop()
      const after = fastify.clerk.stats()

      t.ok(work.lookUps >= 1 && work.lookUps <= 2, `${work.lookUps} look-ups`)
      t.equal(work.payloads, 1, 'its claims are decoded once')
      t.equal(work.headers, 0, 'and its header not again')
      if (headers.cookie !== undefined) t.equal(work.semicolons, headers.cookie.split(';').length, 'one scan')
      t.equal(after.misses - before.misses, 1)
      t.equal(after.hits - before.hits, 0)
      t.equal(after.verifications - before.verifications, 1)

      const stopAgain = watch(token, userId, headers.cookie)
      await send(t, app, headers, userId)
      const again = stopAgain()
      t.match(again, { payloads: 1, headers: 0 }, 'brought again, it is decoded again, and not verified')
      const second = fastify.clerk.stats()
      t.equal(second.hits - after.hits, 1)
      t.equal(second.verifications - after.verifications, 0)

      const stopKnown = watch(token, userId, headers.cookie)
      await send(t, app, headers, userId)
      const known = stopKnown()
      t.match(known, { lookUps: 1, payloads: 0, headers: 0 }, 'and then it is known')
      if (headers.cookie !== undefined) t.equal(known.semicolons, headers.cookie.split(';').length, 'one scan')
      t.equal(fastify.clerk.stats().hits - second.hits, 1)
      t.equal(fastify.clerk.stats().misses - after.misses, 0)
    })
  }
}

async function send(t: Test, { fastify }: App, headers: Record<string, string | undefined>, userId: string) {
  const answer = await fastify.inject({ url: '/', headers })
  t.equal(answer.body, userId)
}

t.test('each request counts once, whatever road it takes', async (t) => {
  const app = await createApp(t, {
    plugin: { organizationSyncOptions: { organizationPatterns: ['/orgs/:id'] } },
    routes(fastify) {
      const userId = (request: FastifyRequest) => request.auth.userId
      fastify.get('/', userId)
      fastify.get('/any', { config: { clerk: { acceptsToken: 'any' } } }, userId)
      fastify.get('/list', { config: { clerk: { acceptsToken: ['session_token', 'api_key'] } } }, userId)
      fastify.get('/machine', { config: { clerk: { acceptsToken: 'api_key' } } }, userId)
      fastify.get('/orgs/:id', userId)
    }
  })
  const { clerk, fastify } = app
  const count = async (url: string, headers: Record<string, string>) => {
    const before = fastify.clerk.stats()
    await fastify.inject({ url, headers })
    const after = fastify.clerk.stats()
    return [after.hits - before.hits, after.misses - before.misses]
  }
  const sign = () => clerk.signSessionToken({ userId: 'user_1' })
  const suffixOf = (cookies: string) => /__session_([^=]+)=/.exec(cookies)?.[1]
  const document = { 'sec-fetch-dest': 'document', accept: 'text/html' }
  const cookie = (token: string) => clerk.cookies(token)
  const twoTokens = (token: string) => {
    const suffixed = cookie(token)
    return `__session=${sign()}; __client_uat=1; __session_${suffixOf(suffixed)}=${token}; __client_uat_${suffixOf(suffixed)}=1`
  }

  const roads: [name: string, url: string, headersOf: (token: string) => Record<string, string>][] = [
    ['header', '/', (token) => ({ authorization: `Bearer ${token}` })],
    ['header, any type', '/any', (token) => ({ authorization: `Bearer ${token}` })],
    ['header, listed types', '/list', (token) => ({ authorization: token })],
    ['cookie', '/', (token) => ({ cookie: cookie(token) })],
    ['cookie, any type', '/any', (token) => ({ cookie: cookie(token) })],
    ['cookie, odd blanks', '/', (token) => ({ cookie: ` ${cookie(token)}` })],
    [
      'page that a page of its own linked to',
      '/',
      (token) => ({ ...document, cookie: cookie(token), referer: ORIGIN })
    ],
    ['page of an organization', '/orgs/org_1', (token) => ({ ...document, cookie: cookie(token) })],
    ['query of its own', '/?a=%5F', (token) => ({ cookie: cookie(token) })],
    ['another token in the other family', '/', (token) => ({ cookie: twoTokens(token) })]
  ]
  for (const [name, url, headersOf] of roads) {
    const token = sign()
    const headers = headersOf(token)
    t.same(await count(url, headers), [0, 1], `${name}: first seen`)
    t.same(await count(url, headers), [1, 0], `${name}: known`)
    t.same(await count(url, headers), [1, 0], `${name}: known, again`)
  }

  const known = sign()
  await count('/', { authorization: `Bearer ${known}` })
  t.same(await count('/machine', { authorization: `Bearer ${known}` }), [0, 0], 'not accepted on the route')
  t.same(await count('/', { authorization: 'Bearer a.b.c' }), [0, 0], 'not a token')
  t.same(await count('/', {}), [0, 0], 'no token')
  t.same(
    await count('/', { cookie: cookie(known).replaceAll(/(__client_uat[^=]*)=\d+/g, '$1=9999999999') }),
    [0, 0],
    'stale'
  )
  await fastify.clerk.revoke({ userId: 'user_1' })
  t.same(await count('/', { authorization: `Bearer ${known}` }), [0, 0], 'revoked')
})

const ORIGIN = 'http://localhost:80/'
