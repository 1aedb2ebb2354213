import { randomBytes } from 'node:crypto'
import type { InjectOptions } from 'fastify'
import t from 'tap'
import audit from '../../src/audit/index.js'
import { helpAt } from '../../src/core/help-page.js'
import clerkAuth, { type ClerkAuthOptions } from '../../src/index.js'
import type { LocalClerk, LocalClerkOptions } from '../../src/local/index.js'
import { anchors, manual } from '../docs/manual.js'
import { createApp } from '../fixtures/app.js'
import { encodePart, SESSION_CATEGORY } from './forge.js'

// The log is for who runs the server: a line for each change of state, whatever strangers send, and however often.

t.setTimeout(180_000)

const HELP = anchors(manual('src/help/README.md'))
const REQUESTS = 10_000
const PAGE = { host: 'app.example.com', accept: 'text/html' }

type Made = ReturnType<typeof make>

/** What strangers and users of an instance have to send, made once for all requests. */
function make(clerk: LocalClerk) {
  const expired = clerk.signSessionToken({ sessionId: 'sess_1', expiresInSeconds: -3_600 })
  const handshake = clerk.sign({ handshake: [`__session=${expired}; Path=/`] }, { cat: SESSION_CATEGORY, typ: 'JWT' })
  return {
    expired,
    handshake,
    badlySigned: handshake.replace(/\.[^.]+$/, `.${randomBytes(256).toString('base64url')}`),
    cookies: clerk.cookies({ userId: 'user_1' }),
    elsewhere: clerk.cookies({ azp: 'https://other.example.com' }),
    issuer: clerk.issuer
  }
}

function forge(issuer: string, n: number): string {
  const seconds = Math.floor(Date.now() / 1000)
  const claims = { iss: issuer, sub: 'user_1', sid: `sess_${n}`, iat: seconds, nbf: seconds, exp: seconds + 60 }
  const header = encodePart({ alg: 'RS256', cat: SESSION_CATEGORY, kid: `ins_${n}`, typ: 'JWT' })
  return `${header}.${encodePart(claims)}.${randomBytes(256).toString('base64url')}`
}
interface Kind {
  readonly name: string
  readonly send: (n: number, made: Made) => InjectOptions
  /** Messages of the lines that these requests cause, each once. Empty: none. */
  readonly lines: readonly RegExp[]
  readonly plugin?: Partial<ClerkAuthOptions>
  readonly local?: LocalClerkOptions
}

const KINDS: readonly Kind[] = [
  { name: 'texts as handshake tokens', send: () => ({ url: '/?__clerk_handshake=x' }), lines: [/does not verify/] },
  {
    name: 'handshake tokens with a bad signature',
    send: (_n, { badlySigned }) => ({ url: `/?__clerk_handshake=${badlySigned}` }),
    lines: [/returned handshake does not verify/]
  },
  {
    name: 'handshake tokens with an expired session',
    send: (_n, { handshake }) => ({ url: `/?__clerk_handshake=${handshake}` }),
    lines: [/session token that a handshake brought/]
  },
  {
    name: 'handshake tokens of other keys, in development',
    local: { instanceType: 'development', frontendApi: 'happy-lion-12.clerk.accounts.dev' },
    send: (_n, { badlySigned }) => ({ url: `/?__clerk_handshake=${badlySigned}` }),
    lines: [/switched keys/]
  },
  {
    name: 'handshake tokens from another time, in development',
    local: { instanceType: 'development', frontendApi: 'happy-lion-12.clerk.accounts.dev' },
    send: (_n, { handshake }) => ({ url: `/?__clerk_handshake=${handshake}` }),
    lines: [/clock of this machine/]
  },
  {
    name: 'made-up nonces',
    send: (n) => ({ url: `/?__clerk_handshake_nonce=n${n}` }),
    lines: [/payload of a handshake nonce/]
  },
  {
    name: 'redirect loops',
    send: () => ({ url: '/', headers: { ...PAGE, cookie: '__client_uat=5; __clerk_redirect_count=3' } }),
    lines: [/redirect loop stopped/]
  },
  {
    name: 'loops of the sign-in page',
    plugin: {
      requireAuthRedirect: true,
      signInUrl: 'https://accounts.example.net/',
      authorizedParties: ['https://app.example.com']
    },
    // The hash is that of the path, which anybody can read off the cookie.
    send: (_n, { elsewhere }) => ({
      url: '/guarded',
      headers: { ...PAGE, cookie: `${elsewhere}; __clerk_sign_in_count=3.YWRNWJab` }
    }),
    lines: [/signInUrl keeps sending back/, /many session tokens of this instance are refused/]
  },
  {
    name: 'organizations that are not activated',
    plugin: { organizationSyncOptions: { organizationPatterns: ['/orgs/:slug'] } },
    send: (n, { cookies }) => ({
      url: `/orgs/o${n}`,
      headers: { ...PAGE, cookie: `${cookies}; __clerk_redirect_count=3` }
    }),
    lines: [/could not be activated/]
  },
  {
    name: 'forwarded headers',
    send: (n) => ({ url: '/', headers: { 'x-forwarded-host': `${n}.evil.test`, 'x-forwarded-proto': 'https' } }),
    lines: [/forwarded header arrived/]
  },
  {
    name: 'forged tokens of unknown keys',
    send: (n, { issuer }) => ({ url: '/', headers: { authorization: `Bearer ${forge(issuer, n)}` } }),
    lines: []
  },
  {
    name: 'expired tokens',
    send: (_n, { expired }) => ({ url: '/', headers: { authorization: `Bearer ${expired}` } }),
    lines: []
  },
  {
    name: 'made-up API keys',
    plugin: { acceptsToken: 'any' },
    send: (n) => ({ url: '/', headers: { authorization: `Bearer ak_${n}` } }),
    lines: []
  },
  { name: 'broken cookies', send: (n) => ({ url: '/', headers: { ...PAGE, cookie: `__session=${n}` } }), lines: [] },
  {
    name: 'sign-outs beyond the most revocations',
    plugin: { revocation: { maxEntries: 1_000 } },
    send: (n) => ({ url: `/sign-out/${n}` }),
    lines: [/too many revocations/]
  }
]

for (const { name, send, lines: expected, plugin, local } of KINDS) {
  t.test(`${REQUESTS} requests with ${name}`, async (t) => {
    const lines: string[] = []
    const app = await createApp(t, {
      server: { logger: { level: 'warn', stream: { write: (line: string) => lines.push(line) } } },
      ...(local && { local }),
      ...(plugin && { plugin }),
      routes(fastify) {
        fastify.get('/*', () => 1)
        fastify.get('/guarded', { onRequest: fastify.requireAuth }, () => 1)
        fastify.get<{ Params: { id: string } }>('/sign-out/:id', async ({ params }) => {
          await fastify.clerk.revoke({ sessionId: params.id })
          return 1
        })
      }
    })
    const made = make(app.clerk)
    await sendAll((n) => app.fastify.inject(send(n, made)))
    t.equal(lines.length, expected.length, lines.join('').slice(0, 2_000))
    for (const pattern of expected)
      t.ok(
        lines.some((line) => pattern.test(line)),
        String(pattern)
      )
    assertHelp(t, lines)
  })
}

t.test(`${REQUESTS} requests for which a resolver has no instance, each answered by the error handler`, async (t) => {
  const lines: string[] = []
  const { fastify } = await createResolving(t, lines)
  await sendAll((n) => fastify.inject({ url: '/', headers: { host: `${n}.evil.test` } }))
  t.equal(lines.length, 1, lines.join('').slice(0, 2_000))
  t.match(lines[0], /resolver gave no instance/)
  assertHelp(t, lines)
})

async function createResolving(t: { teardown(run: () => unknown): unknown }, lines: string[]) {
  const { default: Fastify } = await import('fastify')
  const fastify = Fastify({ logger: { level: 'warn', stream: { write: (line: string) => lines.push(line) } } })
  t.teardown(() => fastify.close())
  // Fastify's own handler logs each answer of 500 and above.
  fastify.setErrorHandler((_error, _request, reply) => reply.code(503).send())
  await fastify.register(clerkAuth, {
    resolver: () => {
      throw new Error('no such tenant')
    }
  })
  fastify.get('/', () => 1)
  return { fastify }
}

t.test(`${REQUESTS} requests whose audit records the sink refuses`, async (t) => {
  const lines: string[] = []
  const refused = Object.assign(new Error('refused'), { code: '22P05', retryable: false })
  const { fastify } = await createApp(t, {
    server: { logger: { level: 'warn', stream: { write: (line: string) => lines.push(line) } } },
    async routes(fastify) {
      await fastify.register(audit, {
        sink: { name: 'full', open: async () => {}, write: () => Promise.reject(refused), close: async () => {} },
        maxQueued: 100,
        batchSize: 1,
        whenFull: 'drop'
      })
      fastify.post('/', () => 1)
    }
  })
  await sendAll(() => fastify.inject({ method: 'POST', url: '/' }))
  // Refused; and, as the queue is short, full and with room again.
  t.ok(lines.length >= 1 && lines.length <= 3, lines.join('').slice(0, 2_000))
  assertHelp(t, lines)
})

/** Whoever reads a line finds its cause and its cure where `help` says. */
function assertHelp(t: { ok(value: unknown, message: string): unknown }, lines: readonly string[]): void {
  const path = helpAt('')
  for (const line of lines) {
    const { help = '' } = JSON.parse(line) as { help?: string }
    t.ok(help.startsWith(path) && HELP.has(help.slice(path.length)), line.slice(0, 300))
  }
}

async function sendAll(send: (n: number) => Promise<unknown>): Promise<void> {
  for (let n = 0; n < REQUESTS; n += 100) {
    await Promise.all(Array.from({ length: 100 }, (_, i) => send(n + i)))
  }
}
