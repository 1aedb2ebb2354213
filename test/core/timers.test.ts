import { randomBytes } from 'node:crypto'
import { mock } from 'node:test'
import { promisify } from 'node:util'
import t from 'tap'
import { createAttempts } from '../../src/core/jwks/attempt.js'
import type { SourceAnswer } from '../../src/core/jwks/source.js'
import { keepAlive, setUnrefTimer, whileAwaited, withinTime } from '../../src/core/timers.js'
import { createManualClock } from '../fixtures/manual-clock.js'

/** How many timers keep the process alive. */
const keepingAlive = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length

t.test('a delay beyond 32 bits is cut, where Node would fire at once', (t) => {
  const calls = t.capture(globalThis, 'setTimeout', globalThis.setTimeout)
  for (const ms of [5_000, 2 ** 31 - 1, 2 ** 31, 1e15, Number.POSITIVE_INFINITY]) setUnrefTimer(() => {}, ms)()
  t.strictSame(
    calls().map(({ args }) => args[1]),
    [5_000, 2 ** 31 - 1, 2 ** 31 - 1, 2 ** 31 - 1, 2 ** 31 - 1]
  )
  t.end()
})

t.test('a timer fires without keeping the process alive, unless it is cancelled', async (t) => {
  const alive = setInterval(() => {}, 1_000)
  t.teardown(() => clearInterval(alive))
  const before = keepingAlive()
  const fired: string[] = []
  setUnrefTimer(() => fired.push('cancelled'), 1)()
  await new Promise<void>((resolve) => {
    setUnrefTimer(() => {
      fired.push('left alone')
      resolve()
    }, 1)
    t.equal(keepingAlive(), before)
  })
  t.strictSame(fired, ['left alone'])
})

t.test('withinTime gives the promise, or the other value once the time is over', async (t) => {
  const clock = createManualClock()
  t.equal(await withinTime(Promise.resolve('in time'), 100, 'late', clock.setTimer), 'in time')
  t.equal(clock.pending, 0, 'and leaves no timer')
  const never = withinTime(new Promise<string>(() => {}), 100, 'late', clock.setTimer)
  clock.advance(100)
  t.equal(await never, 'late')
  await t.rejects(withinTime(Promise.reject(new Error('no')), 100, 'late', clock.setTimer), { message: 'no' })
})

t.test('an answer that arrived while the process stood still counts', async (t) => {
  const alive = setInterval(() => {}, 1_000)
  t.teardown(() => clearInterval(alive))
  const answer = () => promisify(randomBytes)(8)
  const stand = () => {
    const untilMs = performance.now() + 50
    while (performance.now() < untilMs);
  }
  const waiting = withinTime<unknown>(answer(), 10, 'late', setUnrefTimer)
  stand()
  t.not(await waiting, 'late')
  const notModified = { kind: 'not-modified' } as SourceAnswer
  const source = { kind: 'fapi', id: '', fetch: () => answer().then(() => notModified) } as const
  const attempt = createAttempts(source, { timeoutInMs: 10, maxKeys: 1 }, setUnrefTimer).start({
    etag: null,
    newerThanMs: 0
  })
  stand()
  t.equal(await attempt, notModified, 'also that of a key endpoint')
})

t.test('the process lives as long as somebody awaits, whether the promise resolves or rejects', async (t) => {
  const before = keepingAlive()
  const ends: (() => void)[] = []
  const wait = () => whileAwaited(new Promise<void>((resolve, reject) => ends.push(resolve, reject)))
  const [first, second] = [wait(), wait()]
  t.equal(keepingAlive(), before + 1, 'one timer for both')
  ends[0]?.()
  await first
  t.equal(keepingAlive(), before + 1, 'the second still waits')
  ends[3]?.()
  await t.rejects(second)
  t.equal(keepingAlive(), before)
})

t.test('timers that are faked or restored meanwhile leave none of ours behind', async (t) => {
  const before = keepingAlive()
  const held = keepAlive()
  const fired: string[] = []
  const cancel = setUnrefTimer(() => fired.push('real'), 1)
  mock.timers.enable({ apis: ['setTimeout', 'setInterval'] })
  cancel()
  held()
  t.equal(keepingAlive(), before)
  const heldUnderFakes = keepAlive()
  const cancelFake = setUnrefTimer(() => fired.push('fake'), 1)
  t.equal(keepingAlive(), before + 1)
  mock.timers.reset()
  cancelFake()
  heldUnderFakes()
  t.equal(keepingAlive(), before)
  await new Promise((resolve) => setTimeout(resolve, 5))
  t.strictSame(fired, [])
})
