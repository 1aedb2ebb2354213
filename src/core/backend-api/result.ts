/** Why a Backend API call gave no value. Never holds a secret key, a token, or the text of an answer. */
export interface BackendFailure {
  readonly ok: false
  readonly kind: /** Answered with an HTTP error. */
    | 'http'
    /** No answer: connection refused or reset, or host name not found. */
    | 'network'
    /** No complete answer within the time limit. */
    | 'timeout'
    /** Answered 2xx with a body of another form. */
    | 'malformed'
    /** Not asked: too many calls under way, or Clerk has asked for a pause. */
    | 'busy'
    /** Not asked: a path segment could leave its place in the path. */
    | 'refused'
    /** Not asked: the secret key for this call is not configured. */
    | 'keyless'
  readonly status: number | null
  /** `errors[0].code` of Clerk's error body if it has the form of a code, else null. */
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
