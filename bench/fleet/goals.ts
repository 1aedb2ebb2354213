import type { Sharing } from './fleet.js'
import type { KeyStory, PhaseName } from './key-story.js'

export interface KeyRun {
  readonly size: number
  readonly sharing: Sharing
  readonly story: KeyStory
}

/** Requests that a deploy may cost a fleet that shares snapshots. */
const MOST_AT_DEPLOY = 20
/**
 * Retries back off to a minute with full jitter. When an outage ends, the rest of a wait is most often short: a thirtieth
 * of the fleet comes in the first second.
 */
const SHARE_AS_OUTAGE_ENDS = 1 / 30
/** A fleet that takes turns makes its fetches over more than a minute. */
const SHARE_IN_OUTAGE = 1 / 60

/** Four standard deviations above what is expected are no chance. */
function noMoreThan(expected: number): number {
  return Math.ceil(expected + 4 * Math.sqrt(expected))
}

/** The goals that a run missed, in words; empty when it met all. */
export function findMissedGoals({ size, sharing, story }: KeyRun): string[] {
  const missed: string[] = []
  const who = `${size} processes, ${sharing}`
  const phase = (name: PhaseName) => story.phases.find((told) => told.phase === name)
  const atMost = (what: string, value: number, most: number) => {
    if (value > most) missed.push(`${who}: ${what}: ${value}, at most ${most}`)
  }

  if (story.requests !== story.fetches) missed.push(`${who}: ${story.requests} requests of ${story.fetches} fetches`)
  atMost('fetches of a process in four minutes at rest', story.mostAtRestPerProcess, 1)
  const [rest, deploy, outage, end] = [
    phase('at rest'),
    phase('deploy, all at once'),
    phase('in an outage'),
    phase('outage ends')
  ]
  if (sharing === 'turns') {
    atMost('requests at rest', rest?.requests ?? 0, Math.ceil((rest?.minutes ?? 0) / 4))
    atMost('requests in a second of an outage', outage?.mostInASecond ?? 0, noMoreThan(size * SHARE_IN_OUTAGE))
    atMost('requests at the first deploy', phase('first deploy, all at once')?.requests ?? 0, MOST_AT_DEPLOY)
  }
  if (sharing !== 'alone') atMost('requests at a deploy', deploy?.requests ?? 0, MOST_AT_DEPLOY)
  atMost('requests in a second as an outage ends', end?.mostInASecond ?? 0, noMoreThan(size * SHARE_AS_OUTAGE_ENDS))
  return missed
}
