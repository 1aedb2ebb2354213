import t from 'tap'
import { createTokenBucket } from '../../src/core/token-bucket.js'

t.test('a bucket gives its burst, then one token per refill, and says when the next is there', (t) => {
  const bucket = createTokenBucket(2, 2_000)
  t.same([bucket.take(0), bucket.take(0), bucket.take(0)], [0, 0, 2_000])
  t.equal(bucket.take(500), 1_500, 'what is refused takes nothing')
  t.same([bucket.take(2_000), bucket.take(2_000)], [0, 2_000])
  t.same(
    [bucket.take(60_000), bucket.take(60_000), bucket.take(60_000)],
    [0, 0, 2_000],
    'it holds no more than its burst'
  )
  t.end()
})

t.test('a clock that is set back neither fills nor drains it', (t) => {
  const bucket = createTokenBucket(1, 1_000)
  t.equal(bucket.take(100_000), 0)
  t.equal(bucket.take(0), 1_000)
  t.equal(bucket.take(400), 600, 'time counts on from there')
  t.equal(bucket.take(1_000), 0)
  t.end()
})

t.test('a reserved token is spent when it comes, and those who take wait for it', (t) => {
  const bucket = createTokenBucket(1, 1_000)
  t.same([bucket.reserve(0), bucket.reserve(0), bucket.reserve(0)], [0, 1_000, 2_000])
  t.equal(bucket.take(1_000), 2_000)
  t.equal(bucket.take(3_000), 0)
  t.end()
})

t.test('against counting: never more than the burst and the refills of any span', (t) => {
  const CAPACITY = 3
  const REFILL_MS = 70
  const bucket = createTokenBucket(CAPACITY, REFILL_MS)
  const taken: number[] = []
  for (let nowMs = 0; nowMs < 10_000; nowMs += 1 + (nowMs % 13)) if (bucket.take(nowMs) === 0) taken.push(nowMs)
  t.ok(taken.length > 100)
  for (const [i, fromMs] of taken.entries()) {
    for (const [j, untilMs] of taken.slice(i).entries()) {
      if (j + 1 > CAPACITY + (untilMs - fromMs) / REFILL_MS + 1e-9) t.fail(`${j + 1} from ${fromMs} to ${untilMs}`)
    }
  }
  t.end()
})
