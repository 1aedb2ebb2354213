import type { NetworkFailure } from '../fetch-cause.js'
import type { KeySetFailure } from './key-set.js'

/** Why a fetch brought no key set. Bounded, and free of text from the answer: it goes to logs, health and metrics. */
export type FetchFailure =
  | NetworkFailure
  | 'timeout'
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
  /** Remaining freshness by `Cache-Control` and `Age`; null when the answer names none. */
  readonly maxAgeMs: number | null
  /** When the request was sent: the set was the newest at that moment. */
  readonly fetchedAtMs: number
  /** Clock of the endpoint minus ours; null when not known. */
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
  /** Entity tag of the set in hand; null when a full answer is needed. */
  readonly etag: string | null
  readonly signal: AbortSignal
  /** A set that another process fetched before this moment is not an answer. */
  readonly newerThanMs: number
}

/** Where key sets come from. Never throws or rejects. The caller sets the deadline, by `signal`. */
export interface KeySource {
  readonly kind: 'bapi' | 'fapi'
  /**
   * Names this source in snapshots and between the processes of a cluster; holds no secret. Whatever changes the answer
   * is part of it (URL, credential, an option that changes the request): two sources with one id are given each other's
   * key sets.
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
