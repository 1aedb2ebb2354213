import { type SetTimer, setDeadline } from '../timers.js'
import { type KeySet, parseKeySetText } from './key-set.js'
import {
  type FetchFailure,
  failed,
  type KeySetAnswer,
  type KeySource,
  type SourceAnswer,
  type SourceRequest
} from './source.js'

/** The result of a fetch, its key set validated and imported. */
export type Attempt =
  | { readonly kind: 'set'; readonly set: KeySet; readonly answer: KeySetAnswer }
  | Exclude<SourceAnswer, KeySetAnswer>

export interface Attempts {
  /** Makes one fetch, which ends at its deadline at the latest. Never rejects. */
  start(request: Omit<SourceRequest, 'signal'>): Promise<Attempt>
  /** Ends the fetch under way, as a failure. */
  abandon(): void
}

/**
 * The deadline covers the body and the import of the keys, and holds even if `fetch` ignores its signal: an answer that
 * arrives later is dropped, so it can neither delay the next fetch nor overwrite its key set.
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
        const cancelDeadline = setDeadline(() => giveUp('timeout'), bounds.timeoutInMs, setTimer)
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
