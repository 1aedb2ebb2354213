import fc from 'fast-check'
import { askBoth } from './ask.js'
import type { OracleCase } from './case.js'
import { compare, type Difference } from './compare.js'
import { alignments, explanation } from './deliberate.js'
import { generateCases, oracleCase } from './generator.js'

export interface Kind {
  count: number
  readonly example: OracleCase
  readonly differences: readonly Difference[]
}

export interface Verdict {
  readonly cases: number
  /** Number of cases by our answer. */
  readonly outcomes: ReadonlyMap<string, number>
  readonly deliberate: ReadonlyMap<string, number>
  readonly unexplained: ReadonlyMap<string, Kind>
}

const BATCH = 1_000

/** Sends every case to both sides, and collects the differences that no deliberate difference explains. */
export async function judgeCases(cases: number, seed: number, apiUrl: string): Promise<Verdict> {
  const outcomes = new Map<string, number>()
  const deliberate = new Map<string, number>()
  const unexplained = new Map<string, Kind>()
  const add = (counts: Map<string, number>, name: string) => counts.set(name, (counts.get(name) ?? 0) + 1)

  for (let done = 0; done < cases; done += BATCH) {
    for (const one of generateCases(seed + done, Math.min(BATCH, cases - done))) {
      const { ours, theirs } = await askBoth(one, apiUrl)
      add(outcomes, `${ours.status} ${ours.reason}`)
      for (const { name } of alignments(one)) add(deliberate, name)
      const differences = compare(ours, theirs)
      if (differences.length === 0) continue
      const entry = explanation(one, ours, theirs)
      if (entry !== undefined) {
        add(deliberate, entry.name)
        continue
      }
      const name = describe(differences)
      const kind = unexplained.get(name)
      if (kind === undefined) unexplained.set(name, { count: 1, example: one, differences })
      else kind.count++
    }
  }
  return { cases, outcomes, deliberate, unexplained }
}

/** The smallest case with an unexplained difference that fast-check finds from the seed; null if `cases` cases have none. */
export async function shrink(cases: number, seed: number, apiUrl: string): Promise<OracleCase | null> {
  const isSame = fc.asyncProperty(oracleCase, async (one) => {
    const { ours, theirs } = await askBoth(one, apiUrl)
    return compare(ours, theirs).length === 0 || explanation(one, ours, theirs) !== undefined
  })
  const details = await fc.check(isSame, { seed, numRuns: cases, interruptAfterTimeLimit: 300_000 })
  return details.counterexample?.[0] ?? null
}

export function describe(differences: readonly Difference[]): string {
  return differences.map(({ field, ours, theirs }) => `${field}: ${short(ours)} | ${short(theirs)}`).join('\n    ')
}

function short(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text === undefined ? 'undefined' : text.length > 160 ? `${text.slice(0, 160)}…` : text
}
