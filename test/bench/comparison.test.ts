import t from 'tap'
import {
  compareSides,
  formatComparison,
  formatTarget,
  judgeTarget,
  noiseOf,
  type Target
} from '../../bench/measure/comparison.js'
import { chooseCores, onCore, parseCoreList } from '../../bench/measure/cores.js'

const steady = { first: [10, 10, 10, 10], again: [10, 10, 10, 10] }
/** Ratios to itself between 1 / 1.1 and 1.1. */
const noisy = { first: [10, 11, 10, 11], again: [11, 10, 11, 10] }
const scaled = (factor: number) => ({
  first: noisy.first.map((value) => value * factor),
  again: noisy.again.map((value) => value * factor)
})
const atMost = (value: number): Target => ({ kind: 'at most', value })

t.test('a side that repeats itself has no spread, and any difference from it shows', async (t) => {
  t.equal(noiseOf(steady), 1)
  const comparison = compareSides({ first: [10.1, 10.1, 10.1, 10.1], again: [10.1, 10.1, 10.1, 10.1] }, steady)
  t.equal(comparison.isDistinguishable, true)
  t.equal(formatComparison(comparison), '1.010')
})

t.test('a spread is the same, whichever of the two measurements was slower', async (t) => {
  t.equal(noiseOf({ first: [10, 10], again: [12, 12] }), 1.2)
  t.equal(noiseOf({ first: [12, 12], again: [10, 10] }), 1.2)
  t.equal(noiseOf({ first: [12, 12], again: [] }), 1, 'measured once, so with no spread of its own')
})

t.test('a ratio within the A/A spread of either side is not distinguishable', async (t) => {
  const close = compareSides(scaled(1.05), noisy)
  t.equal(close.isDistinguishable, false)
  t.match(formatComparison(close), /^not distinguishable \(1\.05/)
  const middle = { first: [10.5, 10.5, 10.5, 10.5], again: [10.5, 10.5, 10.5, 10.5] }
  t.equal(compareSides(middle, scaled(1.05)).isDistinguishable, false, 'the other side is the noisy one')
  t.equal(compareSides(scaled(1.3), noisy).isDistinguishable, true)
  t.equal(compareSides(scaled(0.7), noisy).isDistinguishable, true)
})

t.test('a target is met, missed, or beyond the reach of the measurement', async (t) => {
  t.equal(judgeTarget(compareSides(scaled(1.3), noisy), atMost(1.4)), 'met')
  t.equal(judgeTarget(compareSides(scaled(1.3), noisy), atMost(1.2)), 'missed')
  t.equal(judgeTarget(compareSides(scaled(1.05), noisy), atMost(1.03)), 'not distinguishable')
  t.equal(judgeTarget(compareSides(scaled(1.05), noisy), atMost(1.06)), 'met')
  t.equal(judgeTarget(compareSides(scaled(0.7), noisy), { kind: 'at least', value: 0.9 }), 'missed')
  t.equal(judgeTarget(compareSides(scaled(0.95), noisy), { kind: 'at least', value: 0.9 }), 'met')
  const nothing = compareSides({ first: [], again: [] }, { first: [], again: [] })
  t.equal(judgeTarget(nothing, atMost(1)), 'not distinguishable', 'nothing was measured')
  t.equal(formatComparison(nothing), 'not measured')
  t.equal(formatTarget(atMost(1.03)), '≤ 1.03')
})

t.test('lists of cores are read as the system writes them', async (t) => {
  t.same(parseCoreList('0,2-4\n'), [0, 2, 3, 4])
  t.same(parseCoreList(' 7'), [7])
  t.same(parseCoreList(''), [])
})

t.test('server and generator never share a core, and nothing is pinned where there is only one', async (t) => {
  const cores = chooseCores()
  if (cores !== null) t.not(cores.server, cores.generator)
  t.same(onCore(null), { execPath: process.execPath, before: [] })
  t.same(onCore(3), { execPath: 'taskset', before: ['--cpu-list', '3', process.execPath] })
})
