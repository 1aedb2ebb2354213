import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import type { LocalClerk } from '../../src/local/index.js'
import type { Endpoint } from '../../src/local/request-log.js'
import { createApp } from '../fixtures/app.js'
import { ceilingOf } from '../fixtures/ceilings.js'
import { createHarness, keySetResponse } from '../fixtures/key-store-harness.js'
import { createRsaKey } from '../fixtures/rsa-keys.js'

// Floods of strangers stay below the ceilings that the table in SECURITY.md gives.

interface Flood {
  readonly what: string
  readonly endpoint: Endpoint
  readonly headersOf: (clerk: LocalClerk, n: number) => Record<string, string>
}

const FLOODS: readonly Flood[] = [
  {
    what: 'calls for handshake nonces',
    endpoint: 'handshake-payload',
    headersOf: (_clerk, n) => ({ cookie: `__clerk_handshake_nonce=made-up-${n}` })
  },
  {
    what: 'calls for session refreshes',
    endpoint: 'refresh',
    headersOf: (clerk, n) => refreshHeaders(clerk, `sess_${n}`, n)
  },
  {
    what: 'calls for session refreshes of one session',
    endpoint: 'refresh',
    headersOf: (clerk, n) => refreshHeaders(clerk, 'sess_own', n)
  },
  {
    what: 'calls for opaque machine tokens',
    endpoint: 'api-key',
    headersOf: (_clerk, n) => ({ authorization: `Bearer ak_made/up+${n}=` })
  }
]

function refreshHeaders(clerk: LocalClerk, sessionId: string, n: number): Record<string, string> {
  const expired = clerk.signSessionToken({ sessionId, expiresInSeconds: -600, claims: { n } })
  return { authorization: `Bearer ${expired}`, cookie: `__refresh_${clerk.cookieSuffix}=made-up-${n}` }
}

interface Scene {
  readonly clerk: LocalClerk
  readonly ask: (n: number) => Promise<number>
  readonly advance: (ms: number) => void
}

async function createScene(t: Test, instanceType: 'production' | 'development', flood: Flood): Promise<Scene> {
  let nowMs = 1_790_000_000_000
  const now = () => nowMs
  const { clerk, fastify } = await createApp(t, {
    local: { now, instanceType, frontendApi: instanceType === 'production' ? 'clerk.example.com' : DEVELOPMENT_HOST },
    plugin: { acceptsToken: 'any' },
    routes: (server: FastifyInstance) => {
      server.get('/', { preHandler: server.requireAuth }, () => 'in')
    }
  })
  // Keys are in memory from here on.
  t.equal((await fastify.inject({ url: '/', headers: clerk.bearer() })).statusCode, 200)
  return {
    clerk,
    ask: async (n) => (await fastify.inject({ url: '/', headers: flood.headersOf(clerk, n) })).statusCode,
    advance: (ms) => {
      nowMs += ms
    }
  }
}

/** How long a flood lasts, and how many of its requests are under way: no more than there are places. */
const SECONDS = 90
const AT_A_TIME = 8

const DEVELOPMENT_HOST = 'happy-lion-12.clerk.accounts.dev'

for (const flood of FLOODS) {
  for (const instanceType of ['production', 'development'] as const) {
    t.test(`${flood.what} in a minute: ${instanceType}`, async (t) => {
      const { clerk, ask, advance } = await createScene(t, instanceType, flood)
      const { [instanceType]: most } = ceilingOf(flood.what)
      const perSecond: number[] = []
      let n = 0
      for (let second = 0; second < SECONDS; second++) {
        const before = clerk.requests.count(flood.endpoint)
        // The first second spends the whole burst, and each later second all that the budget gains in it.
        const toSend = Math.ceil(most / (second === 0 ? 5 : 55))
        for (let sent = 0; sent < toSend; sent += AT_A_TIME) {
          const statuses = await Promise.all(Array.from({ length: AT_A_TIME }, () => ask(n++)))
          if (statuses.includes(200)) t.fail('a stranger was let in')
        }
        perSecond.push(clerk.requests.count(flood.endpoint) - before)
        advance(1000)
      }
      const minutes = perSecond.slice(60).map((_, i) => sum(perSecond.slice(i, i + 60)))
      const peak = Math.max(...minutes)
      t.ok(peak <= most, `${peak} in a minute`)
      // A refusal ends the burst of a session early.
      t.ok(peak > most * 0.7, `the ceiling is near what really comes: ${peak}`)
    })
  }

  t.test(`${flood.what} at once`, async (t) => {
    const { clerk, ask } = await createScene(t, 'production', flood)
    const hold = clerk.faults.hold(flood.endpoint)
    const answers = Array.from({ length: 200 }, (_, n) => ask(n))
    await hold.arrived()
    for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate)
    t.equal(hold.waiting(), ceilingOf(flood.what).atOnce)
    hold.release()
    await Promise.all(answers)
  })
}

t.test('key fetches in a minute', async (t) => {
  const { production: most, atOnce } = ceilingOf('key fetches')
  const key = createRsaKey('ins_a')
  let underWay = 0
  let peakAtOnce = 0
  const h = createHarness(async () => {
    peakAtOnce = Math.max(peakAtOnce, ++underWay)
    await Promise.resolve()
    underWay--
    return keySetResponse([key.jwk])
  })
  await h.store.ready()
  await h.time.pass(60_000)
  const startMs = h.time.now()
  for (let tenth = 0; tenth < 3000; tenth++) {
    h.traffic++
    for (let i = 0; i < 3; i++) void h.store.resolve(`ins_${tenth}_${i}`, true, `sess_${i}`)
    await h.time.pass(100)
  }
  const times = h.requests.map(({ atMs }) => atMs).filter((atMs) => atMs >= startMs)
  const peak = Math.max(...times.map((fromMs) => times.filter((ms) => ms >= fromMs && ms < fromMs + 60_000).length))
  t.ok(peak > 1 && peak <= most, `${peak} fetches in a minute`)
  t.equal(peakAtOnce, atOnce)
})

t.test('log lines with the same message', async (t) => {
  const lines: string[] = []
  const { fastify } = await createApp(t, {
    server: { logger: { level: 'warn', stream: { write: (line: string) => lines.push(JSON.parse(line).msg) } } },
    routes(server) {
      server.get('/', () => 'in')
    }
  })
  for (let i = 0; i < 200; i++) {
    await fastify.inject('/?__clerk_handshake=x')
    await fastify.inject(`/?__clerk_handshake_nonce=made-up-${i}`)
    const cookie = '__client_uat=5; __clerk_redirect_count=3'
    await fastify.inject({ url: '/', headers: { accept: 'text/html', cookie, 'x-forwarded-proto': 'https' } })
  }
  const messages = new Set(lines)
  t.ok(messages.size >= 4, [...messages].join('\n'))
  for (const message of messages) {
    const count = lines.filter((line) => line === message).length
    t.ok(count <= ceilingOf('log lines with the same message').production, `${count} times: ${message}`)
  }
})

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0)
}
