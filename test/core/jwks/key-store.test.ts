import diagnosticsChannel from 'node:diagnostics_channel'
import t from 'tap'
import type { KeyRefreshEvent } from '../../../src/core/jwks/events.js'
import { createHarness, hang, keySetResponse, type SentRequest } from '../../fixtures/key-store-harness.js'
import { a, b } from './two-keys.js'

t.test('1,000 first requests at once cost one fetch', async (t) => {
  const h = createHarness(() => keySetResponse([a.jwk]))
  const resolutions = await Promise.all(Array.from({ length: 1000 }, () => h.store.resolve('ins_a', true)))
  t.ok(resolutions.every((resolution) => resolution.ok))
  t.equal(h.requests.length, 1)
  t.equal(h.store.find('ins_a').length, 1)
})

t.test('a cold start with an unknown kid costs one fetch, not two', async (t) => {
  const h = createHarness(() => keySetResponse([a.jwk]))
  t.match(await h.store.resolve('ins_x', true), { ok: false, reason: 'jwk-kid-mismatch', unavailable: false })
  t.equal(h.requests.length, 1)
})

t.test('what cannot be a kid costs nothing', async (t) => {
  const h = createHarness(() => keySetResponse([a.jwk]))
  for (const kid of [undefined, '', 'a b', 'x'.repeat(300), 7 as unknown as string]) {
    t.match(await h.store.resolve(kid, true), { ok: false, reason: 'jwk-kid-mismatch' })
  }
  t.equal(h.requests.length, 0)
})

t.test('an implausible token waits for the first key set, and then causes nothing', async (t) => {
  const h = createHarness(() => keySetResponse([a.jwk]))
  t.ok((await h.store.resolve('ins_a', false)).ok)
  t.match(await h.store.resolve('ins_x', false), { ok: false, reason: 'jwk-kid-mismatch', unavailable: false })
  await h.time.pass(30_000)
  t.equal(h.requests.length, 1)
})

t.test('a hung fetch is given up at its deadline, and its answer never counts', async (t) => {
  const releases: ((response: Response) => void)[] = []
  const h = createHarness(() => new Promise((resolve) => releases.push(resolve)))
  const first = h.store.resolve('ins_a', true)
  await h.time.pass(2999)
  t.equal(h.requests[0]?.signal.aborted, false)
  await h.time.pass(1)
  t.equal(h.requests[0]?.signal.aborted, true)
  t.match(await first, { ok: false, reason: 'jwk-remote-failed-to-load', unavailable: true })
  t.match(h.store.health(), { lastError: 'timeout', consecutiveFailures: 1, degraded: true, ageMs: null })

  await h.time.pass(1000)
  t.equal(h.requests.length, 2, 'the next one is not held up')
  releases[1]?.(keySetResponse([b.jwk]))
  await h.time.settle()
  releases[0]?.(keySetResponse([a.jwk]))
  await h.time.settle()
  t.strictSame(h.store.health().kids, ['ins_b'])
})

t.test('max-age counts between the floor of a minute and our own ceiling; an entity tag saves the body', async (t) => {
  const h = createHarness(() => keySetResponse([a.jwk], { 'cache-control': 'max-age=10', etag: '"1"' }))
  await h.store.ready()
  await h.time.settle()
  t.equal(h.store.health().nextRefreshInMs, 60_000 - 22_500)
  h.endpoint = (request) => {
    t.equal(request.headers['if-none-match'], '"1"')
    return new Response(null, { status: 304, headers: { 'cache-control': 'max-age=99999' } })
  }
  h.traffic++
  await h.time.pass(40_000)
  t.match(h.store.stats(), { fetches: 2, notModified: 1, generations: 1 })
  const { ageMs, nextRefreshInMs } = h.store.health()
  t.equal((ageMs as number) + (nextRefreshInMs as number), 300_000 - 45_000)
})

t.test('a fetch that began before the question does not answer it', async (t) => {
  const releases: (() => void)[] = []
  const h = createHarness(() => keySetResponse([a.jwk]))
  await h.store.ready()
  await h.time.pass(10_000)
  h.endpoint = () => {
    const response = keySetResponse(releases.length === 0 ? [a.jwk] : [a.jwk, b.jwk])
    return new Promise((resolve) => releases.push(() => resolve(response)))
  }
  const early = h.store.resolve('ins_x', true)
  await h.time.settle()
  const late = h.store.resolve('ins_b', true)
  releases[0]?.()
  await h.time.pass(1000)
  releases[1]?.()
  await h.time.settle()
  t.match(await early, { ok: false, reason: 'jwk-kid-mismatch' })
  t.ok((await late).ok)
})

t.test('answers that are no key set leave the last good one in place', async (t) => {
  const bad: [string, () => Response, string][] = [
    ['HTML', () => new Response('<!doctype html>', { headers: { 'content-type': 'text/html' } }), 'html'],
    ['truncated JSON', () => new Response('{"keys":[{"kty"'), 'not-json'],
    ['an empty set', () => keySetResponse([]), 'empty'],
    ['a wrong type', () => Response.json({ keys: 'none' }), 'not-a-key-set'],
    ['useless keys', () => keySetResponse([{ ...a.jwk, use: 'enc' }]), 'no-usable-key'],
    ['too many bytes', () => keySetResponse([a.jwk, { pad: 'x'.repeat(70_000) }]), 'too-large'],
    ['another host', () => Response.redirect('https://evil.example/', 302), 'redirect']
  ]
  for (const [name, response, failure] of bad) {
    const h = createHarness(() => keySetResponse([a.jwk]))
    await h.store.ready()
    await h.time.settle()
    h.endpoint = response
    h.traffic++
    await h.time.pass(300_001)
    t.equal(h.store.health().lastError, failure, name)
    t.equal(h.store.find('ins_a').length, 1, name)
  }
})

t.test('skipped keys are counted with their reason', async (t) => {
  const h = createHarness(() => keySetResponse([a.jwk, { ...b.jwk, alg: 'ES256' }, null as unknown as object]))
  await h.store.resolve('ins_a', true)
  t.strictSame(h.store.health().skippedKeys, { algorithm: 1, 'not-an-object': 1 })
  t.equal(h.store.stats().skippedKeys, 2)
})

t.test('a clock set back does not stretch the trust in keys', async (t) => {
  const h = createHarness(() => keySetResponse([a.jwk]))
  await h.store.ready()
  await h.time.settle()
  h.time.set(h.time.now() - 86_400_000)
  h.traffic++
  await h.time.pass(60_000)
  t.equal(h.requests.length, 2)
  t.equal(h.store.find('ins_a')[0]?.trustedUntilMs, (h.requests[1] as SentRequest).atMs + 300_000)
})

t.test('what happens is published to those who listen', async (t) => {
  const events: [string, object][] = []
  const listeners = ['refresh', 'outage', 'unknown-kid'].map((name) => {
    const listen = (event: unknown) => events.push([name, event as object])
    diagnosticsChannel.subscribe(`fastify-clerk-auth:jwks:${name}`, listen)
    return () => diagnosticsChannel.unsubscribe(`fastify-clerk-auth:jwks:${name}`, listen)
  })
  t.teardown(() => {
    for (const stop of listeners) stop()
  })
  const h = createHarness(() => keySetResponse([a.jwk]))
  await h.store.ready()
  await h.time.pass(10_000)
  await h.store.resolve('ins_x', false)
  h.endpoint = () => new Response('', { status: 500 })
  await h.store.resolve('ins_x', true)
  h.endpoint = () => keySetResponse([b.jwk])
  await h.time.pass(5000)
  t.match(events, [
    ['refresh', { source: 'bapi', cause: 'warm-up', outcome: 'changed', added: ['ins_a'], failure: null }],
    ['unknown-kid', { kid: 'ins_x', plausible: false }],
    ['unknown-kid', { kid: 'ins_x', plausible: true }],
    ['outage', { phase: 'begin', failure: 'http-500' }],
    ['refresh', { cause: 'unknown-kid', outcome: 'failed', failure: 'http-500' }],
    ['outage', { phase: 'end', failure: 'http-500' }],
    [
      'refresh',
      { cause: 'retry', outcome: 'changed', added: ['ins_b'], withdrawn: ['ins_a'] } as Partial<KeyRefreshEvent>
    ]
  ])
  t.equal(events.length, 7)
  t.strictSame(Object.keys(events[0]?.[1] as object).sort(), [
    'added',
    'cause',
    'durationMs',
    'failure',
    'help',
    'instance',
    'outcome',
    'source',
    'withdrawn'
  ])
})

t.test('close ends what is under way and leaves no timer', async (t) => {
  const h = createHarness((request) => hang(request, true))
  const pending = h.store.resolve('ins_a', true)
  await h.time.settle()
  h.store.close()
  t.match(await pending, { ok: false, unavailable: true })
  t.equal(h.requests[0]?.signal.aborted, true)
  t.equal(h.time.pending, 0)
  t.match(await h.store.resolve('ins_a', true), { ok: false })
  t.equal(h.requests.length, 1)
})

t.test('an unknown kid that waits while the store is closed, or comes later, is not judged', async (t) => {
  const h = createHarness(() => keySetResponse([a.jwk]))
  t.ok((await h.store.resolve('ins_a', true)).ok)
  const waiting = h.store.resolve('ins_b', true)
  await h.time.settle()
  h.store.close()
  t.match(await waiting, { ok: false, unavailable: true, reason: 'jwk-remote-failed-to-load' })
  t.match(await h.store.resolve('ins_b', true), { ok: false, unavailable: true })
  t.match(await h.store.resolve('ins_b', false), { ok: false, unavailable: false }, 'no fetch would answer for it')
  t.ok((await h.store.resolve('ins_a', true)).ok, 'known keys are still good')
})
