import { createSignedOutAuth } from '../auth/session-auth.js'
import type { RequestState } from './request-state.js'

/** States that differ in nothing are one frozen object: a flood of bad requests allocates none. */
const known = new Map<string, RequestState>()

/** Reasons and messages are constants, but for the codes that Clerk may answer a refresh with. */
const MAX_KNOWN = 512

/** `retryAfterSeconds`: the token could not be judged now; null: it was judged, or there is none. */
export function signedOut(reason: string, message: string, retryAfterSeconds: number | null = null): RequestState {
  const name = `${reason}\n${message}\n${retryAfterSeconds}`
  const before = known.get(name)
  if (before !== undefined) return before

  const state: RequestState = Object.freeze({
    status: 'signed-out',
    tokenType: 'session_token',
    auth: createSignedOutAuth(reason, message, retryAfterSeconds),
    verified: null,
    reason,
    message,
    location: null,
    headers: null,
    setCookies: NO_COOKIES
  })
  if (known.size < MAX_KNOWN) known.set(name, state)
  return state
}

export const NO_COOKIES: readonly string[] = Object.freeze([])
