import diagnosticsChannel from 'node:diagnostics_channel'
import t, { type Test } from 'tap'
import { helpAt } from '../../src/core/help-page.js'
import {
  CHANNELS,
  type DiagnosticsChannelName,
  type DiagnosticsEvents,
  subscribe,
  type VerificationEvent
} from '../../src/diagnostics/index.js'
import { machineReasonHelp } from '../../src/help/machine-reasons.js'
import { tokenReasonHelp } from '../../src/help/session-reasons.js'
import { anchors, manual } from '../docs/manual.js'
import { createApp } from '../fixtures/app.js'

function listen<Name extends DiagnosticsChannelName>(t: Pick<Test, 'teardown'>, name: Name) {
  const events: DiagnosticsEvents[Name][] = []
  t.teardown(subscribe(name, (event) => events.push(event)))
  return events
}

const withoutTime = ({ durationMs: _, ...event }: VerificationEvent) => event

t.test('a first-seen token is one verification, a token in memory none', async (t) => {
  const { clerk, fastify } = await createApp(t)
  const events = listen(t, 'fastify-clerk-auth:verification')
  const headers = clerk.bearer({ userId: 'user_1' })
  for (let i = 0; i < 3; i++) await fastify.inject({ url: '/', headers })
  t.strictSame(events.map(withoutTime), [
    { instance: 'clerk.example.com', outcome: 'verified', reason: null, help: null }
  ])
  t.ok((events[0]?.durationMs ?? 0) > 0, 'with the time it took')
})

t.test('a refused token says why, from memory as well', async (t) => {
  let nowMs = Date.now()
  const { clerk, fastify } = await createApp(t, { local: { now: () => nowMs } })
  const headers = clerk.bearer()
  await fastify.inject({ url: '/', headers })
  const events = listen(t, 'fastify-clerk-auth:verification')
  nowMs += 120_000
  await fastify.inject({ url: '/', headers })
  await fastify.inject({ url: '/', headers: clerk.bearer({ expiresInSeconds: -60 }) })
  await fastify.inject({ url: '/', headers: clerk.bearer(`${clerk.signSessionToken().slice(0, -8)}AAAAAAAA`) })
  t.strictSame(
    events.map(({ outcome, reason, durationMs }) => [outcome, reason, durationMs === null]),
    [
      ['refused', 'token-expired', true],
      ['refused', 'token-expired', false],
      ['refused', 'token-invalid-signature', false]
    ]
  )
})

t.test('a token that cannot be judged is neither verified nor refused', async (t) => {
  const { clerk, fastify } = await createApp(t, {
    routes: (fastify) => void fastify.get('/', (request) => ({ reason: request.auth.tokenType })),
    plugin: { jwks: { warmUp: false } }
  })
  const verifications = listen(t, 'fastify-clerk-auth:verification')
  const refusals = listen(t, 'fastify-clerk-auth:refusal')
  clerk.faults.next({ kind: 'status', status: 500, on: 'jwks', times: Number.POSITIVE_INFINITY })
  await fastify.inject({ url: '/', headers: clerk.bearer() })
  t.strictSame(verifications.map(withoutTime), [
    {
      instance: 'clerk.example.com',
      outcome: 'unavailable',
      reason: 'jwk-remote-failed-to-load',
      help: helpAt('jwk-remote-failed-to-load')
    }
  ])
  t.match(refusals, [{ state: 'unavailable', tokenType: 'session_token', reason: 'jwk-remote-failed-to-load' }])
})

t.test('requests that are not signed in say their state and reason', async (t) => {
  const { clerk, fastify } = await createApp(t)
  const events = listen(t, 'fastify-clerk-auth:refusal')
  await fastify.inject({ url: '/' })
  await fastify.inject({ url: '/', headers: clerk.bearer() })
  await fastify.inject({ url: '/', headers: { cookie: '__client_uat=1700000000', accept: 'text/html' } })
  t.strictSame(events, [
    {
      instance: 'clerk.example.com',
      state: 'signed-out',
      tokenType: 'session_token',
      reason: 'session-token-and-uat-missing',
      cause: null,
      help: helpAt('session-token-and-uat-missing')
    },
    {
      instance: 'clerk.example.com',
      state: 'handshake',
      tokenType: 'session_token',
      reason: 'client-uat-but-no-session-token',
      cause: null,
      help: helpAt('client-uat-but-no-session-token')
    }
  ])
})

t.test('a full token cache says what it lets go', async (t) => {
  const { clerk, fastify } = await createApp(t, { plugin: { tokenCache: { maxEntries: 2 } } })
  const events = listen(t, 'fastify-clerk-auth:eviction')
  for (let i = 0; i < 4; i++) await fastify.inject({ url: '/', headers: clerk.bearer({ userId: `user_${i}` }) })
  t.equal(events.length, 2)
  t.match(events[0], { instance: 'clerk.example.com', cachedTokens: Number, cachedBytes: Number })
  t.equal(fastify.clerk.stats().evictions, 2)
})

t.test('keys: refresh, outage and unknown kid are published', async (t) => {
  const { clerk, fastify } = await createApp(t, { plugin: { jwks: { warmUp: false } } })
  const refreshes = listen(t, 'fastify-clerk-auth:jwks:refresh')
  const outages = listen(t, 'fastify-clerk-auth:jwks:outage')
  const unknown = listen(t, 'fastify-clerk-auth:jwks:unknown-kid')
  await fastify.inject({ url: '/', headers: clerk.bearer() })
  clerk.faults.next({ kind: 'html', on: 'jwks' })
  await fastify.inject({
    url: '/',
    headers: { authorization: `Bearer ${clerk.sign({ sub: 'user_1' }, { kid: 'ins_x' })}` }
  })
  t.match(refreshes, [{ source: 'bapi', cause: 'missing-keys', outcome: 'changed', added: [clerk.kid], withdrawn: [] }])
  t.equal(refreshes[0]?.help, null)
  t.strictSame(unknown, [
    {
      instance: 'clerk.example.com',
      source: 'bapi',
      kid: 'ins_x',
      plausible: false,
      help: helpAt('jwk-kid-mismatch')
    }
  ])
  t.strictSame(outages, [])
})

t.test('an event that asks for action names its entry in the page of help', async (t) => {
  const { refusalEvent, verificationEvent } = await import('../../src/core/diagnostics/events.js')
  const { publishBusChange } = await import('../../src/core/revocation/events.js')
  const page = anchors(manual('src/help/README.md'))
  const anchorOf = (help: string | null) => help?.slice(help.indexOf('#') + 1)
  const instance = 'clerk.example.com'
  const refusal = { instance, state: 'signed-out', cause: null } as const

  for (const reason of Object.keys(tokenReasonHelp) as (keyof typeof tokenReasonHelp)[]) {
    const { help } = verificationEvent({ instance, outcome: 'refused', reason, durationMs: 1 })
    t.equal(anchorOf(help), reason)
    t.ok(page.has(reason), reason)
  }
  for (const reason of Object.keys(machineReasonHelp)) {
    const help = anchorOf(refusalEvent({ ...refusal, tokenType: 'api_key', reason }).help)
    t.equal(help, reason in tokenReasonHelp ? `${reason}-of-a-machine-token` : reason)
    t.ok(page.has(help ?? ''), reason)
  }
  const expired = { ...refusal, tokenType: 'session_token', reason: 'session-token-expired-refresh-own_code' } as const
  t.ok(page.has(anchorOf(refusalEvent(expired).help) ?? ''))
  t.equal(anchorOf(refusalEvent({ ...expired, cause: 'two options' }).help), 'log-keys-of-two-instances')
  t.ok(page.has('log-keys-of-two-instances'))
  t.equal(refusalEvent({ ...refusal, tokenType: null, reason: null }).help, null)

  const changes = listen(t, 'fastify-clerk-auth:revocation-bus')
  const change = { kind: 'redis', cause: 'refused', awayMs: 0, received: 0, sent: 0 } as const
  publishBusChange(instance, { ...change, connected: false })
  publishBusChange(instance, { ...change, connected: true })
  t.strictSame(
    changes.map(({ help }) => help),
    [helpAt('bus: refused'), null]
  )
  t.ok(page.has(anchorOf(changes[0]?.help ?? null) ?? ''))
})

t.test('why keys could not be had is told with its help', async (t) => {
  const { clerk, fastify } = await createApp(t, { plugin: { jwks: { warmUp: false } } })
  const refreshes = listen(t, 'fastify-clerk-auth:jwks:refresh')
  const outages = listen(t, 'fastify-clerk-auth:jwks:outage')
  clerk.faults.next({ kind: 'status', status: 500, on: 'jwks', times: Number.POSITIVE_INFINITY })
  await fastify.inject({ url: '/', headers: clerk.bearer() })
  t.match(refreshes, [{ outcome: 'failed', failure: 'http-500', help: helpAt('fetch: http') }])
  t.match(outages, [{ phase: 'begin', failure: 'http-500', help: helpAt('fetch: http') }])
})

t.test('no payload holds a token, a user or a session', async (t) => {
  const { clerk, fastify } = await createApp(t, { plugin: { tokenCache: { maxEntries: 1 }, jwks: { warmUp: false } } })
  const events: unknown[] = []
  for (const name of CHANNELS) t.teardown(subscribe(name, (event) => events.push(event)))
  const secrets = ['user_secret', 'sess_secret', 'org_secret', clerk.secretKey]
  const input = { userId: 'user_secret', sessionId: 'sess_secret', org: { id: 'org_secret', slug: 'x', role: 'admin' } }
  const tokens = [clerk.signSessionToken(input), clerk.signSessionToken({ ...input, expiresInSeconds: -60 })]
  tokens.push(clerk.signSessionToken({ ...input, claims: { n: 1 } }), `${tokens[0]?.slice(0, -8)}AAAAAAAA`)
  for (const token of [...tokens, ...tokens]) await fastify.inject({ url: '/', headers: clerk.bearer(token) })
  const text = JSON.stringify(events)
  t.ok(events.length >= 8)
  for (const secret of [...secrets, ...tokens]) t.notOk(text.includes(secret))
})

t.test('the list of channels is complete, and nobody listens unasked', async (t) => {
  for (const name of CHANNELS) t.notOk(diagnosticsChannel.hasSubscribers(name), name)
  // A name missing from the list does not compile.
  const listed: Record<DiagnosticsChannelName, true> = {
    'fastify-clerk-auth:jwks:refresh': true,
    'fastify-clerk-auth:jwks:outage': true,
    'fastify-clerk-auth:jwks:unknown-kid': true,
    'fastify-clerk-auth:verification': true,
    'fastify-clerk-auth:refusal': true,
    'fastify-clerk-auth:eviction': true,
    'fastify-clerk-auth:revocation-bus': true
  }
  t.strictSame([...CHANNELS].sort(), Object.keys(listed).sort())
})
