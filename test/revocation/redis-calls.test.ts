import t from 'tap'
import { openRedisCalls } from '../../src/revocation/redis-calls.js'
import type { RedisSession } from '../../src/revocation/redis-session.js'

// The timers of a bus do not keep a process alive.
const alive = setInterval(() => {}, 60_000)
t.teardown(() => clearInterval(alive))

async function open(command: RedisSession['command'], timeoutMs: number) {
  const session = new AbortController()
  const calls = await openRedisCalls(async () => ({ command, async subscribe() {} }), {
    key: 'key',
    timeoutMs,
    signal: session.signal,
    onLost() {}
  })
  return { calls, session }
}

t.test('a call without an answer ends', async (t) => {
  const { calls } = await open(() => new Promise(() => {}), 10)
  await t.rejects(calls.command('PING'), { message: /^timeout/ })
})

t.test('an answer that arrived while the process was busy counts', async (t) => {
  const { calls } = await open(() => new Promise((resolve) => setImmediate(() => resolve('PONG'))), 10)
  // After immediates come timers, and the timeout is due then; after timers comes input, and then immediates again.
  await new Promise((resolve) => setImmediate(resolve))
  const answer = calls.command('PING')
  const busyUntil = performance.now() + 50
  while (performance.now() < busyUntil);
  t.equal(await answer, 'PONG')
})

t.test('the end of a session ends its calls', async (t) => {
  const { calls, session } = await open(() => new Promise(() => {}), 60_000)
  const answer = calls.command('PING')
  session.abort(new Error('over'))
  await t.rejects(answer, { message: 'over' })
})
