import t from 'tap'
import { createClockEstimate } from '../../../src/core/diagnostics/clock-estimate.js'
import type { Logger } from '../../../src/core/logger.js'
import { createApp } from '../../fixtures/app.js'

const NOW_MS = 1_800_000_000_000
const seconds = (ms: number) => Math.floor(ms / 1000)

t.test('the key endpoint tells the time', async (t) => {
  const clock = createClockEstimate(() => 4200)
  t.strictSame(clock.current(NOW_MS), { offsetMs: 4200, from: 'key-endpoint' })
})

t.test('nothing is known without an endpoint or enough tokens', async (t) => {
  const clock = createClockEstimate(() => null)
  t.equal(clock.current(NOW_MS), null)
  for (let i = 0; i < 19; i++) clock.witness(seconds(NOW_MS - 30_000), NOW_MS)
  t.equal(clock.current(NOW_MS), null)
})

t.test('a token from the future is enough to know that this clock is behind', async (t) => {
  const clock = createClockEstimate(() => null)
  clock.witness(seconds(NOW_MS + 8000), NOW_MS)
  t.strictSame(clock.current(NOW_MS), { offsetMs: 8500, from: 'tokens' })
})

t.test('of many tokens the freshest counts', async (t) => {
  const clock = createClockEstimate(() => null)
  for (let i = 0; i < 40; i++) clock.witness(seconds(NOW_MS - 20_000 - i * 1000), NOW_MS)
  t.strictSame(clock.current(NOW_MS), { offsetMs: -19_500, from: 'tokens' })
})

t.test('a Date that signed tokens contradict is somebody else’s', async (t) => {
  const clock = createClockEstimate(() => -30_000)
  clock.witness(seconds(NOW_MS), NOW_MS)
  t.strictSame(clock.current(NOW_MS), { offsetMs: 500, from: 'tokens' })
})

t.test('a clock that was put right is believed again', async (t) => {
  const clock = createClockEstimate(() => null)
  clock.witness(seconds(NOW_MS + 60_000), NOW_MS)
  t.equal(clock.current(NOW_MS + 299_000)?.offsetMs, 60_500)
  t.equal(clock.current(NOW_MS + 400_000)?.offsetMs, 60_500, 'the window before')
  t.equal(clock.current(NOW_MS + 700_000), null)
  clock.witness(seconds(NOW_MS + 60_000), NOW_MS + 800_000)
  t.equal(clock.current(NOW_MS), null, 'set back by hours')
})

function capture(): { logger: Logger; lines: { fields: object; message: string }[] } {
  const lines: { fields: object; message: string }[] = []
  const ignore = () => {}
  return {
    lines,
    logger: { info: ignore, error: ignore, debug: ignore, warn: (fields, message) => lines.push({ fields, message }) }
  }
}

t.test('a server whose clock is ahead says once why fresh tokens are refused as expired', async (t) => {
  const { logger, lines } = capture()
  let aheadMs = 0
  let nowMs = Date.now()
  const { clerk, fastify } = await createApp(t, {
    local: { now: () => nowMs },
    plugin: { logger, now: () => nowMs + aheadMs }
  })
  aheadMs = 90_000
  // Twenty tokens with good signatures, refused by a clock that is wrong: enough to know it.
  for (let i = 0; i < 40; i++) {
    nowMs += 100
    await fastify.inject({ url: '/', headers: clerk.bearer({ userId: `user_${i}` }) })
  }
  const { clock, keys } = fastify.clerk.health()
  t.ok(clock !== null && Math.abs(clock.offsetMs + 90_000) < 2000, JSON.stringify({ clock, keys: keys.clockOffsetMs }))
  t.equal(lines.length, 1)
  t.match(lines[0], {
    fields: { reason: 'token-expired', from: 'tokens', option: 'clockSkewInMs', count: 21 },
    message: /ahead/
  })
})

t.test('a server whose clock is behind says so for tokens issued in its future', async (t) => {
  const { logger, lines } = capture()
  const nowMs = Date.now()
  const { clerk, fastify } = await createApp(t, {
    local: { now: () => nowMs },
    plugin: { logger, now: () => nowMs - 30_000 }
  })
  for (let i = 0; i < 3; i++) await fastify.inject({ url: '/', headers: clerk.bearer({ userId: `user_${i}` }) })
  t.equal(lines.length, 1)
  t.match(lines[0]?.message, /behind/)
})

t.test('a token that Clerk’s clock refuses too is not blamed on ours', async (t) => {
  const { logger, lines } = capture()
  const nowMs = Date.now()
  const { clerk, fastify } = await createApp(t, {
    local: { now: () => nowMs },
    plugin: { logger, now: () => nowMs + 30_000 }
  })
  for (let i = 0; i < 30; i++)
    await fastify.inject({ url: '/', headers: clerk.bearer({ userId: `user_${i}`, expiresInSeconds: -300 }) })
  t.equal(lines.length, 0)
})
