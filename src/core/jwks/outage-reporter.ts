import { causeSentences } from '../fetch-cause.js'
import { helpOfFailure } from '../help-page.js'
import type { Logger } from '../logger.js'
import { type KeyOutageEvent, keyOutageChannel } from './events.js'
import type { Change, KeySetHolder } from './key-set-holder.js'
import type { FetchFailure } from './source.js'

/** Logs and publishes each change of condition once. While a condition lasts there is no further line. */
export interface OutageReporter {
  report(failures: number, lastError: FetchFailure | null, held: KeySetHolder, nowMs: number): void
  changed(change: Change): void
}

export interface OutageReporterSettings {
  readonly instance: string | null
  readonly logger: Logger
  /** A clock that nobody sets, for the length of an outage. */
  readonly steadyNow: () => number
}

type Condition = 'well' | 'stale' | 'missing' | 'secret-key-invalid'

export function createOutageReporter(
  { instance, logger, steadyNow }: OutageReporterSettings,
  source: 'bapi' | 'fapi'
): OutageReporter {
  let condition: Condition = 'well'
  let failure: FetchFailure = 'network'
  let sinceMs = 0

  function log(state: object): void {
    const fields = { ...state, help: helpOfFailure(failure) }
    if (condition === 'well') {
      logger.info({ ...state, outageMs: Math.round(steadyNow() - sinceMs) }, 'Clerk key set is refreshed again')
    } else if (condition === 'secret-key-invalid') {
      logger.error(
        fields,
        'Clerk refuses the secret key (option secretKey, CLERK_SECRET_KEY): no verification keys can be had until it is corrected'
      )
    } else if (condition === 'stale') {
      logger.warn(
        fields,
        `Clerk key set cannot be refreshed; known keys stay in use until the stale limit. ${causeSentences(failure)}`
      )
    } else {
      logger.error(
        fields,
        `Clerk key set cannot be had and no known key is usable: tokens cannot be judged. ${causeSentences(failure)}`
      )
    }
  }

  return {
    report(failures, lastError, held, nowMs) {
      const next = judge(failures, lastError, held.isUsable(nowMs))
      if (next === condition) return
      const isBeginning = condition === 'well'
      if (isBeginning) sinceMs = steadyNow()
      failure = lastError ?? failure
      condition = next
      const usableUntilMs = held.isUsable(nowMs) ? held.staleUntilMs : null
      log({
        source,
        failure,
        usableUntil: usableUntilMs === null ? null : new Date(usableUntilMs).toISOString()
      })
      if ((isBeginning || next === 'well') && keyOutageChannel.hasSubscribers) {
        const event: KeyOutageEvent = {
          instance,
          source,
          phase: isBeginning ? 'begin' : 'end',
          failure,
          usableUntilMs,
          help: helpOfFailure(failure)
        }
        keyOutageChannel.publish(event)
      }
    },
    changed({ added, withdrawn }) {
      logger.info({ source, added, withdrawn }, 'Clerk key set changed')
    }
  }
}

function judge(failures: number, lastError: FetchFailure | null, isUsable: boolean): Condition {
  if (failures === 0) return 'well'
  if (lastError === 'secret-key-invalid') return 'secret-key-invalid'
  return isUsable ? 'stale' : 'missing'
}
