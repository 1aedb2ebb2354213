import { toRetryAfterSeconds } from '../retry-after.js'
import { createTokenBucket } from '../token-bucket.js'
import type { BackendApi } from './backend-api.js'
import { backendFailure } from './result.js'

/**
 * A quarter of Clerk's rate limit per secret key (1000 calls in ten seconds in production, 100 in development). Calls
 * that a stranger can cause, by made-up tokens and nonces, get no more, so that the rest is left for users.
 */
export const STRANGERS_IN_TEN_SECONDS = { production: 250, development: 25 }

/** Longer than any nonce of Clerk. */
const MAX_NONCE_LENGTH = 512

/** Most calls under way at once. */
const MAX_CONCURRENCY = 32

/**
 * Fetches the payloads of handshake nonces. Anybody can make up a nonce: a flood of them spends a bounded part of the
 * rate limit, and parallel requests with the same nonce share one call.
 */
export function createNonceCalls(
  fetchPayload: BackendApi['fetchHandshakePayload'],
  isDevelopment: boolean,
  now: () => number
): BackendApi['fetchHandshakePayload'] {
  const tenSeconds = STRANGERS_IN_TEN_SECONDS[isDevelopment ? 'development' : 'production']
  const budget = createTokenBucket(tenSeconds, 10_000 / tenSeconds)
  const underWay = new Map<string, ReturnType<BackendApi['fetchHandshakePayload']>>()

  return (nonce) => {
    const before = underWay.get(nonce)
    if (before !== undefined) return before
    if (nonce.length > MAX_NONCE_LENGTH) return Promise.resolve(backendFailure('refused'))
    const waitMs = underWay.size >= MAX_CONCURRENCY ? 1000 : budget.take(now())
    if (waitMs > 0) return Promise.resolve(backendFailure('busy', null, null, toRetryAfterSeconds(waitMs)))
    const payload = fetchPayload(nonce).finally(() => underWay.delete(nonce))
    underWay.set(nonce, payload)
    return payload
  }
}
