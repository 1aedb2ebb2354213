/** Why a Backend API call gave nothing. Never holds the secret, a token, or the text of an answer. */
export interface BackendFailure {
  readonly ok: false
  readonly kind: /** Answered with an HTTP error. */
    | 'http'
    /** No answer: refused, reset, name not found. */
    | 'network'
    /** No complete answer within the time limit. */
    | 'timeout'
    /** Answered 2xx with something that is not what the call gives. */
    | 'malformed'
    /** Not asked: too many calls under way, or Clerk has asked for a pause. */
    | 'busy'
    /** Not asked: a path segment that would leave the path (`.`, `..`, empty). */
    | 'refused'
    /** Not asked: the key for this call is not configured. */
    | 'keyless'
  readonly status: number | null
  /** `errors[0].code` of Clerk's error body, when it has the form of a code. */
  readonly code: string | null
  readonly retryAfterSeconds: number | null
}

export type BackendResult<T> = { readonly ok: true; readonly value: T } | BackendFailure

export function backendFailure(
  kind: BackendFailure['kind'],
  status: number | null = null,
  code: string | null = null,
  retryAfterSeconds: number | null = null
): BackendFailure {
  return { ok: false, kind, status, code, retryAfterSeconds }
}
