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

/** After a call that failed without a `Retry-After`. */
const RETRY_SECONDS = 5

/** A wrong or missing secret key has to be mended by an operator: an early retry fails again. */
export const MISCONFIGURED_RETRY_SECONDS = 60

/** Error codes of BAPI about the key of the call (status 401 or 403), not about what was asked. */
const KEY_CODE = /^(clerk_key|secret_key|authorization|authentication)_/

/**
 * Null if Clerk has answered what was asked, or nobody can be asked whatever the time. Otherwise Clerk has not judged it:
 * seconds until another attempt makes sense (backend-api/README.md section 3).
 */
export function retrySecondsOf(failure: BackendFailure): number | null {
  const { kind, status, code, retryAfterSeconds } = failure
  if (kind === 'refused' || kind === 'keyless') return null
  const wait = retryAfterSeconds ?? RETRY_SECONDS
  if (kind !== 'http' || status === null || status < 400 || status >= 500) return wait
  if (status === 408 || status === 429) return wait
  if (status !== 401 && status !== 403) return null
  if (code !== null && !KEY_CODE.test(code)) return null
  return retryAfterSeconds ?? MISCONFIGURED_RETRY_SECONDS
}
