import { pairedRatio, type Summary } from './statistics.js'

/** One side of a comparison, measured once or twice in every round, each time in a process of its own. */
export interface Side {
  readonly first: readonly number[]
  /** Empty: measured once. */
  readonly again: readonly number[]
}

export interface Comparison {
  /** Round by round, of the means of both measurements. */
  readonly ratio: Summary
  /**
   * The A/A spread: three of four ratios of a side to itself, of the noisier side, are between 1 / `noise` and `noise`.
   */
  readonly noise: number
  /** False: the ratio is within the A/A spread, as that of equal sides would be. */
  readonly isDistinguishable: boolean
}

export function compareSides(ours: Side, theirs: Side): Comparison {
  return judgeRatio(pairedRatio(meanOf(ours), meanOf(theirs)), [noiseOf(ours), noiseOf(theirs)])
}

/** Judges a ratio by the spread of sides that were compared with themselves. */
export function judgeRatio(ratio: Summary, noises: readonly number[]): Comparison {
  const noise = Math.max(...noises)
  // Written so that a ratio that is no number counts as one that tells nothing.
  const isDistinguishable = ratio.median > noise || ratio.median < 1 / noise
  return { ratio, noise, isDistinguishable }
}

/**
 * The A/A spread of a side; 1, none, of a side that was measured once in a round. Which of the two measurements comes
 * first in a ratio is arbitrary, so the spread is the same in both directions.
 */
export function noiseOf({ first, again }: Side): number {
  if (again.length === 0) return 1
  const { low, high } = pairedRatio(again, first)
  return Math.max(high, 1 / low)
}

/** Round by round, the mean of both measurements. */
export function meanOf({ first, again }: Side): number[] {
  return first.map((value, round) => (value + (again[round] ?? value)) / 2)
}

/** The ratio for a table; without a figure of its own where it cannot be told from 1. */
export function formatComparison({ ratio, isDistinguishable }: Comparison): string {
  if (Number.isNaN(ratio.median)) return 'not measured'
  return isDistinguishable ? ratio.median.toFixed(3) : `not distinguishable (${ratio.median.toFixed(3)})`
}

export interface Target {
  readonly kind: 'at most' | 'at least'
  readonly value: number
}

export type TargetVerdict = 'met' | 'missed' | 'not distinguishable'

/**
 * A median on the wrong side of its target is a miss, unless the A/A spread explains both its difference from 1 and its
 * distance from the target.
 */
export function judgeTarget(
  { ratio: { median }, noise, isDistinguishable }: Comparison,
  target: Target
): TargetVerdict {
  if (Number.isNaN(median)) return 'not distinguishable'
  const excess = target.kind === 'at most' ? median / target.value : target.value / median
  if (excess <= 1) return 'met'
  return isDistinguishable || excess > noise ? 'missed' : 'not distinguishable'
}

export function formatTarget({ kind, value }: Target): string {
  return `${kind === 'at most' ? '≤' : '≥'} ${value}`
}
