import type { KeySetFailure } from './key-set.js'

/** Why a fetch brought no key set. Bounded text without anything of the answer: it goes to logs, health and metrics. */
export type FetchFailure =
  | 'timeout'
  | 'network'
  | 'redirect'
  | 'too-large'
  | 'html'
  | 'unexpected-not-modified'
  | 'secret-key-invalid'
  | `http-${number}`
  | KeySetFailure

export interface KeySetAnswer {
  readonly kind: 'key-set'
  readonly text: string
  readonly etag: string | null
  /** From `Cache-Control` and `Age`; null when the answer does not say. */
  readonly maxAgeMs: number | null
  /** When the key endpoint was asked: the moment as of which the set is known to be the newest. */
  readonly fetchedAtMs: number
  readonly clockOffsetMs: number | null
}

export interface FailureAnswer {
  readonly kind: 'failure'
  readonly failure: FetchFailure
  readonly retryAfterMs: number | null
  readonly clockOffsetMs: number | null
}

export type SourceAnswer =
  | KeySetAnswer
  | {
      readonly kind: 'not-modified'
      readonly maxAgeMs: number | null
      readonly fetchedAtMs: number
      readonly clockOffsetMs: number | null
    }
  | FailureAnswer

export interface SourceRequest {
  /** Of the set in hand; null: a full answer is needed. */
  readonly etag: string | null
  readonly signal: AbortSignal
  /** Only a set that was fetched after this moment is news to the one who asks. */
  readonly newerThanMs: number
}

/** Where key sets come from. Answers, never throws or rejects; the deadline is the caller's, by `signal`. */
export interface KeySource {
  readonly kind: 'bapi' | 'fapi'
  /**
   * Names this source in snapshots and between the processes of a cluster; holds no secret. Whatever changes the answer is
   * part of it (URL, credential, an option that changes the request): two sources with one id are given each other's key
   * sets.
   */
  readonly id: string
  fetch(request: SourceRequest): Promise<SourceAnswer>
}

export function failed(
  failure: FetchFailure,
  retryAfterMs: number | null = null,
  clockOffsetMs: number | null = null
): FailureAnswer {
  return { kind: 'failure', failure, retryAfterMs, clockOffsetMs }
}
