import { generateKeyPairSync } from 'node:crypto'
import diagnosticsChannel from 'node:diagnostics_channel'
import process from 'node:process'
import { Writable } from 'node:stream'
import { inspect } from 'node:util'
import Fastify, { type InjectOptions, LogController } from 'fastify'
import t, { type Test } from 'tap'
import clerkAuth, { type ClerkAuthOptions } from '../../src/index.js'
import { createLocalClerk, type LocalClerk } from '../../src/local/index.js'
import { signingKey } from '../fixtures/app.js'
import { createForgeries } from './forged-tokens.js'

// Sends all kinds of traffic, and searches logs, events, answers and errors for every secret that was sent or configured.

const CHANNELS = ['jwks:refresh', 'jwks:outage', 'jwks:unknown-kid', 'verification', 'refusal', 'eviction']

class Search {
  readonly #secrets = new Map<string, string>()
  readonly #outputs: { readonly where: string; readonly text: string }[] = []

  /** Registers a secret. It is searched for as it is, percent-encoded and in base64. */
  hide(name: string, secret: string): string {
    const isToken = secret.split('.').length === 3
    // Of a token only the signature is searched for: all tokens have the beginning of the header in common.
    this.#secrets.set(name, isToken ? secret.slice(-60, -10) : secret)
    return secret
  }

  add(where: string, output: unknown): void {
    const text =
      typeof output === 'string' ? output : `${inspect(output, { depth: 12, showHidden: true })}${stringify(output)}`
    this.#outputs.push({ where, text })
  }

  check(t: Test): void {
    t.ok(this.#secrets.size >= 10, `${this.#secrets.size} secrets`)
    t.ok(this.#outputs.length >= 20, `${this.#outputs.length} outputs`)
    const all = this.#outputs.map(({ text }) => text).join('\n')
    for (const [name, secret] of this.#secrets) {
      for (const form of [secret, encoded(secret), Buffer.from(secret).toString('base64').slice(1, -4)]) {
        // Reports the first output only: a secret that leaks once leaks with every request.
        const found = all.includes(form) && this.#outputs.find(({ text }) => text.includes(form))
        if (found) t.fail(`${found.where} holds ${name}`)
      }
    }
  }
}

/** The secret percent-encoded; unchanged if it has a lone surrogate, which cannot be encoded. */
function encoded(secret: string): string {
  try {
    return encodeURIComponent(secret)
  } catch {
    return secret
  }
}

function stringify(value: unknown): string {
  try {
    return JSON.stringify(value) ?? ''
  } catch {
    return ''
  }
}

interface Traffic {
  readonly clerk: LocalClerk
  readonly search: Search
  send(what: string, request: InjectOptions): Promise<void>
  finish(): Promise<void>
}

async function run(
  t: Test,
  instanceType: 'production' | 'development',
  plugin: Partial<ClerkAuthOptions>,
  traffic: (traffic: Traffic) => Promise<void>
): Promise<void> {
  const frontendApi = instanceType === 'production' ? 'clerk.example.com' : 'happy-lion-12.clerk.accounts.dev'
  const clerk = await createLocalClerk({
    frontendApi,
    instanceType,
    signingKey,
    users: [{ id: 'user_1', name: 'One' }]
  })
  t.teardown(() => clerk.close())
  const search = new Search()
  search.hide('the secret key', clerk.secretKey)
  search.hide('the machine secret key', 'ak_machine_secret_0123456789')
  search.hide('the webhook secret', clerk.webhookSecret)

  const stream = new Writable({
    write(chunk, _encoding, done) {
      search.add('the log', chunk.toString())
      done()
    }
  })
  // Fastify's own line for each request holds the URL. Whether it is logged is the application's choice.
  const fastify = Fastify({
    logger: { level: 'trace', stream },
    logController: new LogController({ disableRequestLogging: true })
  })
  t.teardown(() => fastify.close())
  const onMessage = (message: unknown, name: string | symbol) => search.add(`the channel ${String(name)}`, message)
  for (const name of CHANNELS) {
    diagnosticsChannel.subscribe(`fastify-clerk-auth:${name}`, onMessage)
    t.teardown(() => diagnosticsChannel.unsubscribe(`fastify-clerk-auth:${name}`, onMessage))
  }
  const onWarning = (warning: Error) => search.add('a warning of the process', warning)
  process.on('warning', onWarning)
  t.teardown(() => process.off('warning', onWarning))

  await fastify.register(
    clerkAuth,
    clerk.pluginOptions({ machineSecretKey: 'ak_machine_secret_0123456789', acceptsToken: 'any', ...plugin } as object)
  )
  fastify.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
    search.add('an error', error)
    request.log.error({ err: error }, 'refused')
    return reply.code(error.statusCode ?? 500).send(error)
  })
  fastify.get('/open', async (request) => {
    search.add('request.auth', request.auth)
    search.add('a copy of request.auth', { ...request.auth })
    request.log.trace({ auth: request.auth, req: request, res: 1 }, 'open')
    return request.auth
  })
  fastify.get('/me', { preHandler: fastify.requireAuth }, () => 'in')
  fastify.get('/admin', { preHandler: fastify.authorize({ role: 'org:admin' }) }, () => 'in')
  fastify.get('/token', async (request) => {
    const auth = request.auth as { getToken?: (options?: object) => Promise<string | null> }
    await auth.getToken?.({ template: 'none-such' })
    return 'ok'
  })
  await fastify.ready()

  await traffic({
    clerk,
    search,
    async send(what, request) {
      for (const url of request.url === undefined ? ['/open', '/me', '/admin', '/token'] : [String(request.url)]) {
        const response = await fastify.inject({ ...request, url })
        search.add(`the body of ${what}`, response.body)
        const { location, 'set-cookie': setCookie, ...headers } = response.headers
        // Location and Set-Cookie carry the session to FAPI and to its own browser, so they hold it on purpose.
        t.ok(location === undefined || response.headers['cache-control'] === 'no-store')
        search.add(`the headers of ${what}`, { ...headers, hasCookie: setCookie !== undefined })
      }
    },
    async finish() {
      search.add('health()', fastify.clerk.health())
      search.add('stats()', fastify.clerk.stats())
      search.add('routes()', fastify.clerk.routes())
      search.add('printRoutes()', fastify.clerk.printRoutes())
      search.add('fastify.clerk', fastify.clerk)
      search.add('the instance', fastify.clerk.instanceOf())
      for (const { endpoint, url } of clerk.requests.entries)
        if (endpoint !== 'handshake-payload') search.add(endpoint, url)
    }
  })
  await fastify.close()
  search.check(t)
}

async function allKinds({ clerk, search, send, finish }: Traffic): Promise<void> {
  const suffix = clerk.cookieSuffix
  const hide = (name: string, token: string) => search.hide(name, token)
  const good = hide('a good token', clerk.signSessionToken({ org: { id: 'org_1', role: 'admin' } }))
  const tokens: readonly (readonly [string, string])[] = [
    ['a good token', good],
    ['a token once more', good],
    ['an expired token', hide('an expired token', clerk.signSessionToken({ expiresInSeconds: -3600 }))],
    ['an early token', hide('an early token', clerk.signSessionToken({ issuedAtMs: Date.now() + 3_600_000 }))],
    ['a pending token', hide('a pending token', clerk.signSessionToken({ status: 'pending' }))],
    ['a template token', hide('a template token', clerk.signSessionToken({ header: { cat: 'cl_B7d4PD222AAA' } }))],
    [
      'a token of an unknown key',
      hide('a token of an unknown key', clerk.signSessionToken({ header: { kid: 'ins_x' } }))
    ],
    ['a foreign issuer', hide('a foreign issuer', clerk.signSessionToken({ claims: { iss: 'https://evil.test' } }))],
    ['a token without a subject', hide('a token without a subject', clerk.signSessionToken({ claims: { sub: 1 } }))],
    [
      'a token with malformed claims',
      hide('malformed', clerk.signSessionToken({ claims: { o: 1, fea: 2, act: 'x', fva: {} } }))
    ],
    ['a forged token', hide('a forged token', `${good.slice(0, -100)}${'Ab3_'.repeat(25)}`)],
    ['garbage', hide('garbage', 'garbage-that-is-no-token-0123456789')],
    ['an API key', hide('an API key', clerk.machineTokens.createApiKey({ subject: 'user_1' }))],
    ['an unknown API key', hide('an unknown API key', 'ak_unknown_0123456789012345')],
    ['an M2M token', hide('an M2M token', clerk.machineTokens.createM2MToken())],
    ['an M2M JWT', hide('an M2M JWT', clerk.machineTokens.createM2MToken({ format: 'jwt' }))],
    ['an OAuth token', hide('an OAuth token', clerk.machineTokens.createOAuthToken({ userId: 'user_1' }))],
    ['an OAuth JWT', hide('an OAuth JWT', clerk.machineTokens.createOAuthToken({ userId: 'user_1', format: 'jwt' }))],
    ['an unknown OAuth token', hide('an unknown OAuth token', 'oat_unknown_0123456789012345')]
  ]
  const page = { 'sec-fetch-dest': 'document', accept: 'text/html' }
  const handshake = hide('a handshake', clerk.sign({ handshake: [`__session=${good}; Path=/`, 'a=b'] }))
  const foreignHandshake = hide('a bad handshake', `${handshake.slice(0, -100)}${'Cd4_'.repeat(25)}`)
  const nonce = hide('a nonce', 'nonce_0123456789_0123456789')
  const refresh = hide('a refresh token', 'refresh_0123456789_0123456789')
  const devBrowser = hide('a dev browser', 'dvb_0123456789_0123456789')

  for (const outage of [false, true]) {
    if (outage) clerk.faults.next({ kind: 'status', status: 500, times: 1000 })
    for (const [name, token] of tokens) {
      await send(name, { headers: { authorization: `Bearer ${token}` } })
      for (const headers of [{}, page]) {
        const cookie = `__client_uat=1; __clerk_db_jwt=${devBrowser}; __session=${token}`
        await send(`${name} in a cookie`, { headers: { ...headers, cookie } })
        await send(`${name} to be refreshed`, {
          headers: { ...headers, cookie: `${cookie}; __refresh_${suffix}=${refresh}` }
        })
      }
    }
    for (const [name, value] of [
      ['__clerk_handshake', handshake],
      ['__clerk_handshake', foreignHandshake],
      ['__clerk_handshake_nonce', nonce]
    ]) {
      await send(`${name} in a cookie`, { headers: { ...page, cookie: `${name}=${value}` } })
      await send(`${name} in the query`, { url: `/me?${name}=${value}`, headers: page })
    }
    await send('a dev browser', { url: `/me?__clerk_db_jwt=${devBrowser}`, headers: page })
    await send('a loop', {
      headers: { ...page, cookie: `__clerk_redirect_count=3; __client_uat=1; __clerk_db_jwt=${devBrowser}` }
    })
  }
  await finish()
}

for (const instanceType of ['production', 'development'] as const) {
  t.test(`no secret and no token gets out of a ${instanceType} instance`, async (t) => {
    await run(t, instanceType, {}, allKinds)
  })
}

t.test('no forged token leaves a trace either', async (t) => {
  const attacker = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  await run(t, 'production', { acceptsToken: 'session_token' }, async ({ clerk, search, send, finish }) => {
    const victim = { signingKey, kid: clerk.kid, issuer: clerk.issuer, nowMs: Date.now() }
    let sent = 0
    for (const forgery of createForgeries(victim, { rsa: attacker, foreignToken: clerk.signSessionToken() })) {
      // A shorter text is a word such as `null`, and no secret.
      if (forgery.verifierOnly || forgery.token.length < 60) continue
      const { name } = forgery
      const token = Buffer.from(search.hide(name, forgery.token)).toString('latin1')
      await send(name, { url: '/open', headers: { authorization: `Bearer ${token}` } })
      if (!forgery.headerOnly) {
        const cookie = `__client_uat=1; __session=${token}`
        await send(name, { url: '/me', headers: { cookie } })
        await send(name, { url: '/me', headers: { cookie, 'sec-fetch-dest': 'document' } })
      }
      sent++
    }
    t.ok(sent > 400, `${sent} forgeries`)
    await finish()
  })
})

t.test('debug headers say what they are told to say, and nothing of the token', async (t) => {
  const seen: Record<string, readonly string[]> = {}
  for (const debugHeaders of ['full', 'reason', false] as const) {
    const clerk = await createLocalClerk({ frontendApi: 'clerk.example.com', instanceType: 'production', signingKey })
    const fastify = Fastify()
    t.teardown(() => Promise.all([fastify.close(), clerk.close()]))
    await fastify.register(clerkAuth, clerk.pluginOptions({ debugHeaders }))
    fastify.get('/', () => '')
    const { headers } = await fastify.inject({ url: '/', headers: clerk.bearer({ expiresInSeconds: -60 }) })
    seen[String(debugHeaders)] = Object.keys(headers).filter((name) => name.startsWith('x-clerk'))
  }
  t.same(seen, {
    full: ['x-clerk-auth-status', 'x-clerk-auth-reason', 'x-clerk-auth-message'],
    reason: ['x-clerk-auth-status', 'x-clerk-auth-reason'],
    false: []
  })
})

t.test('errors of bad options name the option and never its value', async (t) => {
  const secret = 'sk_live_0123456789abcdef'
  const bad: readonly object[] = [
    { publishableKey: secret },
    { secretKey: `${secret}\n` },
    { secretKey: [secret] },
    { jwtKey: `-----BEGIN PRIVATE KEY-----${secret}` },
    { jwtKey: secret },
    { jwks: { keys: [{ kty: 'oct', k: secret }] } },
    { jwks: { keys: [{ kty: 'RSA', d: secret }] } },
    { machineSecretKey: ` ${secret}`, publishableKey: 'pk_live_Y2xlcmsuZXhhbXBsZS5jb20k' },
    { apiUrl: `https://user:${secret}@api.test`, secretKey: 'sk_live_x' },
    { proxyUrl: `https://user:${secret}@api.test`, publishableKey: 'pk_live_Y2xlcmsuZXhhbXBsZS5jb20k' },
    { signInUrl: `https://user:${secret}@api.test`, publishableKey: 'pk_live_Y2xlcmsuZXhhbXBsZS5jb20k' },
    { [secret]: true }
  ]
  for (const options of bad) {
    const fastify = Fastify()
    const error = await fastify.register(clerkAuth, options as ClerkAuthOptions).then(
      () => new Error('nothing is refused'),
      (error: Error) => error
    )
    const [name = ''] = Object.keys(options)
    const named = name === secret ? 'Unknown option' : name
    t.match(error, { code: /^FST_CLERK_OPTION_/, message: named }, named)
    t.notOk(inspect(error, { depth: 10, showHidden: true }).includes('0123456789abcdef'), error.message)
  }
})
