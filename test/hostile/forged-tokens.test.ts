import { generateKeyPairSync } from 'node:crypto'
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import clerkAuth from '../../src/index.js'
import { createLocalClerk } from '../../src/local/index.js'
import { signingKey } from '../fixtures/app.js'
import { createForgeries, type Forgery } from './forged-tokens.js'

const nowMs = 1_750_000_000_000
const now = (): number => nowMs

const attacker = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey

const clerk = await createLocalClerk({
  frontendApi: 'clerk.example.com',
  instanceType: 'production',
  signingKey,
  now
})
const foreign = await createLocalClerk({
  frontendApi: 'clerk.evil.test',
  instanceType: 'production',
  signingKey: attacker.export({ type: 'pkcs8', format: 'pem' }) as string,
  now
})
const victim = { signingKey, kid: clerk.kid, issuer: clerk.issuer, nowMs }
const forgeries = createForgeries(victim, { rsa: attacker, foreignToken: foreign.signSessionToken() })

async function createServer(t: Test, acceptsToken: 'session_token' | 'any'): Promise<FastifyInstance> {
  const fastify = Fastify()
  t.teardown(() => fastify.close())
  // The key set is given in code: these tests are about judging tokens, not about fetching keys.
  const jwks = { keys: clerk.jwks().keys }
  const authorizedParties = ['https://app.local.test']
  const audience = ['https://api.local.test']
  await fastify.register(clerkAuth, clerk.pluginOptions({ jwks, authorizedParties, audience, acceptsToken }))
  fastify.get('/me', { preHandler: fastify.requireAuth }, (request) => request.auth.tokenType)
  await fastify.ready()
  return fastify
}

/** Reasons that Clerk's SDKs know (token/README.md section 6, state/README.md section 9.2). */
const REASON = /^(token-|session-token-|jwk-|client-uat-)[a-z-]+$/

t.test('no forged token is accepted by the verifier, and each is refused for its own reason', async (t) => {
  const fastify = await createServer(t, 'session_token')
  t.ok((await fastify.clerk.verifyToken(clerk.signSessionToken())).ok, 'control: a genuine token is accepted')
  t.ok(forgeries.length > 400, `${forgeries.length} forgeries`)
  for (const { name, token, reason } of forgeries) {
    for (const time of ['first', 'second']) {
      const result = await fastify.clerk.verifyToken(token)
      if (result.ok) t.fail(`${name}: accepted at the ${time} time`)
      else if (reason === undefined) t.match(result.reason, REASON, name)
      else t.equal(result.reason, reason, `${name}, ${time} time`)
    }
  }
  t.ok((await fastify.clerk.verifyToken(clerk.signSessionToken())).ok, 'control: still accepted afterwards')
  t.equal(fastify.clerk.stats().cachedTokens, 2, 'nothing but the genuine tokens is kept')
  t.equal(({} as { sub?: unknown }).sub, undefined, 'no prototype was touched')
})

for (const acceptsToken of ['session_token', 'any'] as const) {
  t.test(`no forged token gets past the plugin in a header, with acceptsToken ${acceptsToken}`, async (t) => {
    const fastify = await createServer(t, acceptsToken)
    t.equal((await fastify.inject({ url: '/me', headers: clerk.bearer() })).statusCode, 200, 'control')
    for (const forgery of forgeries) {
      if (forgery.verifierOnly) continue
      await refused(t, fastify, forgery, { authorization: `Bearer ${latin1(forgery.token)}` })
      await refused(t, fastify, forgery, { authorization: latin1(forgery.token) })
    }
  })
}

t.test('no forged token gets past the plugin in a cookie', async (t) => {
  const fastify = await createServer(t, 'session_token')
  t.equal((await fastify.inject({ url: '/me', headers: { cookie: clerk.cookies() } })).statusCode, 200, 'control')
  const uat = Math.floor(nowMs / 1000)
  const suffix = clerk.cookieSuffix
  for (const forgery of forgeries) {
    if (forgery.headerOnly || forgery.verifierOnly) continue
    const token = latin1(forgery.token)
    const unsuffixed = `__client_uat=${uat}; __session=${token}`
    const suffixed = `__client_uat_${suffix}=${uat}; __session_${suffix}=${token}`
    const encoded = `__client_uat=${uat}; __session=${encodeURIComponent(token)}`
    for (const cookie of [unsuffixed, suffixed, `${unsuffixed}; ${suffixed}`, encoded]) {
      await refused(t, fastify, forgery, { cookie })
    }
    const page = await fastify.inject({
      url: '/me',
      headers: { cookie: unsuffixed, 'sec-fetch-dest': 'document', accept: 'text/html' }
    })
    if (page.statusCode === 307) {
      const location = new URL(page.headers.location as string)
      t.equal(location.origin, 'https://clerk.example.com', `${forgery.name}: the page goes to FAPI`)
    } else {
      t.equal(page.statusCode, 401, `${forgery.name}: the page is refused`)
    }
  }
})

/** The text as a server gets it over a socket: Node reads header values as Latin-1. */
function latin1(text: string): string {
  return Buffer.from(text).toString('latin1')
}

async function refused(
  t: Test,
  fastify: FastifyInstance,
  { name, isOAuth }: Forgery,
  headers: Record<string, string>
): Promise<void> {
  const response = await fastify.inject({ url: '/me', headers })
  // An OAuth access token signed by the instance: a route that accepts OAuth tokens may accept it, but as no session.
  if (isOAuth && response.statusCode === 200 && response.body === 'oauth_token') return
  const reason = response.headers['x-clerk-auth-reason']
  if (response.statusCode !== 401 || !REASON.test(`${reason}`)) {
    t.fail(`${name}: ${response.statusCode} ${reason} ${response.body}`)
  }
}
