import type { SetTimer } from '../timers.js'
import { type KeySet, parseKeySetText } from './key-set.js'
import {
  type FetchFailure,
  failed,
  type KeySetAnswer,
  type KeySource,
  type SourceAnswer,
  type SourceRequest
} from './source.js'

/** What a fetch came to, with the key set validated and imported. */
export type Attempt =
  | { readonly kind: 'set'; readonly set: KeySet; readonly answer: KeySetAnswer }
  | Exclude<SourceAnswer, KeySetAnswer>

export interface Attempts {
  /** One fetch. Ends at the deadline at the latest; never rejects. */
  start(request: Omit<SourceRequest, 'signal'>): Promise<Attempt>
  /** Ends the one under way. */
  abandon(): void
}

/**
 * The deadline covers body and import, and holds whether or not `fetch` heeds its signal: what arrives later is dropped,
 * so that an abandoned answer can neither hold up the next one nor overwrite it.
 */
export function createAttempts(
  source: KeySource,
  bounds: { readonly timeoutInMs: number; readonly maxKeys: number },
  setTimer: SetTimer
): Attempts {
  let giveUp: (failure: FetchFailure) => void = () => {}

  async function attempt(request: SourceRequest): Promise<Attempt> {
    const answer = await source.fetch(request)
    if (answer.kind !== 'key-set') return answer
    const set = await parseKeySetText(answer.text, bounds.maxKeys)
    return typeof set === 'string' ? failed(set, null, answer.clockOffsetMs) : { kind: 'set', set, answer }
  }

  return {
    start(request) {
      const abort = new AbortController()
      return new Promise((resolve) => {
        const cancelDeadline = setTimer(() => giveUp('timeout'), bounds.timeoutInMs)
        giveUp = (failure) => {
          cancelDeadline()
          resolve(failed(failure))
          abort.abort()
        }
        attempt({ ...request, signal: abort.signal }).then(
          (result) => {
            cancelDeadline()
            resolve(result)
          },
          () => {
            cancelDeadline()
            resolve(failed('network'))
          }
        )
      })
    },
    abandon: () => giveUp('network')
  }
}
