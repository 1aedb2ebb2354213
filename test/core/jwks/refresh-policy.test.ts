import t from 'tap'
import { backoffMs, freshnessMs, MAX_BACKOFF_MS, refreshDueMs } from '../../../src/core/jwks/refresh-policy.js'

const MINUTE_MS = 60_000

t.test('a set is fresh as long as it says, between a minute and our own ceiling', (t) => {
  for (const [maxAgeMs, freshMs] of [
    [null, 300_000],
    [0, MINUTE_MS],
    [59_999, MINUTE_MS],
    [120_000, 120_000],
    [1e12, 300_000]
  ] as const) {
    t.equal(freshnessMs(maxAgeMs, 300_000), freshMs, String(maxAgeMs))
  }
  t.equal(freshnessMs(120_000, 30_000), 30_000, 'a ceiling below the minute counts')
  t.end()
})

t.test('a refresh is due in the outer half of the time ahead, which is at most half of the freshness', (t) => {
  const due = (aheadMs: number, random: number) => refreshDueMs(1_000, 300_000, aheadMs, () => random) - 1_000
  t.equal(due(60_000, 0), 270_000)
  t.equal(due(60_000, 1), 240_000)
  t.equal(due(0, 1), 300_000)
  t.equal(due(1e9, 1), 150_000)
  t.end()
})

t.test('retries back off to a minute, never below a quarter second', (t) => {
  const longest = Array.from({ length: 9 }, (_, i) => backoffMs(i + 1, null, () => 1))
  t.strictSame(longest, [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, MINUTE_MS, MINUTE_MS, MINUTE_MS])
  t.equal(
    backoffMs(1e6, null, () => 1),
    MINUTE_MS
  )
  t.equal(
    backoffMs(5, null, () => 0),
    250
  )
  t.end()
})

t.test('processes that are told the same Retry-After come back spread over as long again', (t) => {
  const retry = (failures: number, retryAfterMs: number, random: number) =>
    backoffMs(failures, retryAfterMs, () => random)
  for (const [failures, retryAfterMs, latestMs] of [
    [1, 0, 1_000],
    [1, 30_000, 60_000],
    [9, 5_000, 65_000],
    [1, 300_000, 360_000],
    [1, 1e12, 360_000]
  ] as const) {
    const toldMs = Math.min(retryAfterMs, 300_000)
    t.equal(retry(failures, retryAfterMs, 1), latestMs)
    t.equal(retry(failures, retryAfterMs, 0.5), (toldMs + latestMs) / 2)
    t.equal(retry(failures, retryAfterMs, 0), toldMs + 250, 'never before')
  }
  t.end()
})

t.test('no wait that the policy gives is taken for one of a clock that was set back', (t) => {
  t.ok(backoffMs(1, 1e12, () => 1) + MINUTE_MS <= MAX_BACKOFF_MS)
  t.end()
})
