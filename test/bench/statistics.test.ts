import t from 'tap'
import { judgeCost, pairedRatio, quantile, signTest, summarize } from '../../bench/measure/statistics.js'
import { alternate, createRandom, createZipf, mix, shuffle } from '../../bench/traffic/random.js'

t.test('quantiles agree with hand-worked values', async (t) => {
  t.equal(quantile([3, 1, 2], 0.5), 2)
  t.equal(quantile([4, 1, 3, 2], 0.5), 2.5)
  t.equal(quantile([10], 0.99), 10)
  t.equal(quantile([1, 2, 3, 4, 5], 0.25), 2)
  t.ok(Number.isNaN(quantile([], 0.5)))
})

t.test('a summary leaves its input alone', async (t) => {
  const values = [5, 1, 4]
  t.same(summarize(values), { median: 4, low: 2.5, high: 4.5, min: 1, max: 5, count: 3 })
  t.same(values, [5, 1, 4])
})

t.test('a paired ratio is untouched by a machine that slows down for both', async (t) => {
  t.equal(pairedRatio([10, 20, 40], [20, 40, 80]).median, 0.5)
  t.equal(pairedRatio([10, 20, 40], [20, 40, 80]).max, 0.5)
})

t.test('the sign test knows a fair coin from a loaded one', async (t) => {
  t.equal(signTest(5, 10), 1)
  t.equal(signTest(10, 10), 2 / 1024)
  t.equal(signTest(0, 10), 2 / 1024)
})

t.test('a verdict needs rounds that agree and a difference worth a name', async (t) => {
  const old = Array.from({ length: 15 }, (_, round) => 100 + (round % 3))
  t.equal(judgeCost(old, old), 'no difference beyond noise')
  t.equal(
    judgeCost(
      old.map((cost) => cost * 0.9),
      old
    ),
    'faster'
  )
  t.equal(
    judgeCost(
      old.map((cost) => cost * 1.1),
      old
    ),
    'slower'
  )
  t.equal(
    judgeCost(
      old.map((cost) => cost * 0.998),
      old
    ),
    'no difference beyond noise',
    'below one percent'
  )
  t.equal(
    judgeCost(
      old.map((cost, round) => cost * (round % 2 === 0 ? 0.8 : 1.2)),
      old
    ),
    'no difference beyond noise'
  )
  t.equal(judgeCost([90, 90], [100, 100]), 'no difference beyond noise', 'two rounds prove nothing')
})

t.test('the same seed gives the same order, another seed another', async (t) => {
  const items = Array.from({ length: 100 }, (_, i) => i)
  t.same(shuffle(items, createRandom(1)), shuffle(items, createRandom(1)))
  t.notSame(shuffle(items, createRandom(1)), shuffle(items, createRandom(2)))
  t.same(
    shuffle(items, createRandom(3)).sort((a, b) => a - b),
    items
  )
})

t.test('every order of three comes up equally often', async (t) => {
  const random = createRandom(7)
  const seen = new Map<string, number>()
  for (let i = 0; i < 6000; i++) {
    const order = shuffle(['a', 'b', 'c'], random).join('')
    seen.set(order, (seen.get(order) ?? 0) + 1)
  }
  t.equal(seen.size, 6)
  for (const [order, count] of seen) t.ok(count > 850 && count < 1150, `${order}: ${count}`)
})

t.test('the array that is walked is the shuffled one', async (t) => {
  const items = Array.from({ length: 50 }, (_, i) => i)
  const walked: number[] = []
  for (const item of shuffle(items, createRandom(5))) walked.push(item)
  t.notSame(walked, items)
})

t.test('a mix holds its shares exactly', async (t) => {
  const shares = new Map([
    [() => 'hit', 0.9],
    [() => 'miss', 0.09],
    [() => 'forged', 0.01]
  ])
  const counts = { hit: 0, miss: 0, forged: 0 }
  const items = mix(shares, 1000, createRandom(1)) as (keyof typeof counts)[]
  for (const item of items) counts[item]++
  t.same(counts, { hit: 900, miss: 90, forged: 10 })
  t.ok(items.indexOf('forged') < 900, 'and they are not in blocks')
})

t.test('popularity is skewed as Zipf says', async (t) => {
  const draw = createZipf(1000, createRandom(9))
  const counts = new Array<number>(1000).fill(0)
  for (let i = 0; i < 100_000; i++) {
    const index = draw()
    counts[index] = (counts[index] ?? 0) + 1
  }
  const ratio = (counts[0] ?? 0) / (counts[9] ?? 1)
  t.ok(ratio > 8.5 && ratio < 11.5, `first against tenth: ${ratio}`)
})

t.test('rounds hold every contender once, in changing order', async (t) => {
  const rounds = alternate(['a', 'b', 'c', 'd'], 20, createRandom(1))
  for (const round of rounds) t.same([...round].sort(), ['a', 'b', 'c', 'd'])
  t.ok(new Set(rounds.map((round) => round.join(''))).size > 5)
})
