import t from 'tap'
import { createRateWindow } from '../../src/core/rate-window.js'

t.test('no window of the given length holds more than the limit', (t) => {
  const LIMIT = 4
  const WINDOW_MS = 100
  const rate = createRateWindow(LIMIT, WINDOW_MS)
  const events: number[] = []
  for (let nowMs = 0; nowMs < 5_000; nowMs += 1 + (nowMs % 11)) {
    if (rate.nextMs(nowMs) > nowMs) continue
    rate.record(nowMs)
    events.push(nowMs)
  }
  t.ok(events.length >= (5_000 / WINDOW_MS) * LIMIT * 0.8, `${events.length} events`)
  for (const [i, atMs] of events.entries()) {
    const before = events[i - LIMIT]
    if (before !== undefined && atMs - before < WINDOW_MS) t.fail(`${LIMIT + 1} events from ${before} to ${atMs}`)
  }
  t.end()
})

t.test('it says when the next event is within the limit', (t) => {
  const rate = createRateWindow(2, 1_000)
  t.equal(rate.nextMs(5_000), 5_000)
  rate.record(5_000)
  rate.record(5_300)
  t.equal(rate.nextMs(5_400), 6_000)
  t.equal(rate.nextMs(7_000), 7_000)
  t.end()
})

t.test('a clock that is set back further than the window starts anew', (t) => {
  const rate = createRateWindow(1, 1_000)
  rate.record(1_000_000)
  t.equal(rate.nextMs(999_500), 1_001_000, 'by less, the limit still holds')
  t.equal(rate.nextMs(5_000), 5_000)
  t.end()
})
