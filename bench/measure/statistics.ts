/** A median and its spread. Quartiles, because outliers of a shared machine would dominate a standard deviation. */
export interface Summary {
  readonly median: number
  readonly low: number
  readonly high: number
  readonly min: number
  readonly max: number
  readonly count: number
}

/** Quantile by linear interpolation between the closest ranks (type 7 of Hyndman and Fan, 1996). NaN for no values. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  const position = (sorted.length - 1) * share
  const below = sorted[Math.floor(position)] ?? Number.NaN
  const above = sorted[Math.ceil(position)] ?? Number.NaN
  return below + (above - below) * (position - Math.floor(position))
}

export function summarize(values: readonly number[]): Summary {
  return {
    median: quantile(values, 0.5),
    low: quantile(values, 0.25),
    high: quantile(values, 0.75),
    min: quantile(values, 0),
    max: quantile(values, 1),
    count: values.length
  }
}

/**
 * Ratios of two series that were measured in alternation, round by round. Other work of the machine slows both sides of
 * a round, so the ratio within a round is steadier than the ratio of two medians.
 */
export function pairedRatio(values: readonly number[], baseline: readonly number[]): Summary {
  const count = Math.min(values.length, baseline.length)
  return summarize(Array.from({ length: count }, (_, round) => (values[round] ?? 0) / (baseline[round] ?? 0)))
}

export type Verdict = 'faster' | 'slower' | 'no difference beyond noise'

/**
 * Judges two series of costs, new and old, by a sign test. A difference is named only when a split of the rounds at
 * least as uneven has a chance of less than one in fifty for equal costs, and the median ratio differs by a percent.
 */
export function judgeCost(values: readonly number[], baseline: readonly number[]): Verdict {
  const { median } = pairedRatio(values, baseline)
  const count = Math.min(values.length, baseline.length)
  const higher = values.slice(0, count).filter((value, round) => value > (baseline[round] ?? 0)).length
  const decided = values.slice(0, count).filter((value, round) => value !== baseline[round]).length
  if (decided === 0 || Math.abs(median - 1) < 0.01 || signTest(higher, decided) > 0.02) {
    return 'no difference beyond noise'
  }
  return median < 1 ? 'faster' : 'slower'
}

/** Two-sided probability that a fair coin gives a split at least as uneven as this one. */
export function signTest(heads: number, tosses: number): number {
  const extreme = Math.max(heads, tosses - heads)
  let tail = 0
  for (let k = extreme; k <= tosses; k++) tail += binomial(tosses, k)
  return Math.min(1, (2 * tail) / 2 ** tosses)
}

function binomial(n: number, k: number): number {
  let result = 1
  for (let i = 1; i <= k; i++) result = (result * (n - k + i)) / i
  return result
}
