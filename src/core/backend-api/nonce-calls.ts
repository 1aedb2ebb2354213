import { LRUCache } from 'lru-cache'
import { isRecent } from '../recent.js'
import { toRetryAfterSeconds } from '../retry-after.js'
import type { BackendApi } from './backend-api.js'
import { createCallGate } from './call-gate.js'
import { type BackendResult, backendFailure, retrySecondsOf } from './result.js'

type Payload = BackendResult<readonly string[]>

/** Longer than any nonce of Clerk. */
const MAX_NONCE_LENGTH = 512

/** Most calls under way at once. */
const MAX_CONCURRENCY = 32

/** Nonces whose answer is remembered, and how many characters of nonces and answers. */
const MAX_REMEMBERED = 1_000
const MAX_REMEMBERED_LENGTH = 4_000_000

/** A browser sends further requests with the same nonce until it has the new cookies. */
const GOOD_MS = 5_000

/** As long as the nonce stays in a cookie: the browser sends it with each request for that time. */
const REFUSED_MS = 60_000

/**
 * Fetches the payloads of handshake nonces. Anybody can make up a nonce: a flood of them spends a bounded part of the
 * rate limit, and no nonce is asked about again while its answer holds. After a failed call the failure holds until another
 * attempt makes sense.
 */
export function createNonceCalls(
  fetchPayload: BackendApi['fetchHandshakePayload'],
  isDevelopment: boolean,
  now: () => number
): BackendApi['fetchHandshakePayload'] {
  const gate = createCallGate(isDevelopment, MAX_CONCURRENCY, now)
  const underWay = new Map<string, Promise<Payload>>()
  const remembered = new LRUCache<string, { readonly payload: Payload; readonly atMs: number }>({
    // Not `max`: lru-cache then fills lists of that length at once, for each of many tenants.
    maxSize: MAX_REMEMBERED_LENGTH,
    sizeCalculation: ({ payload }, nonce) => nonce.length + (payload.ok ? payload.value.join().length : 0)
  })

  async function ask(nonce: string): Promise<Payload> {
    try {
      const payload = await fetchPayload(nonce)
      remembered.set(nonce, { payload, atMs: now() })
      if (remembered.size > MAX_REMEMBERED) remembered.pop()
      return payload
    } finally {
      underWay.delete(nonce)
      gate.leave(false)
    }
  }

  return async (nonce) => {
    if (nonce.length > MAX_NONCE_LENGTH) return backendFailure('refused')
    const before = remembered.get(nonce)
    if (before !== undefined && isRecent(before.atMs, memoryOf(before.payload), now())) return before.payload
    const same = underWay.get(nonce)
    if (same !== undefined) return same
    const waitMs = gate.enter(false)
    if (waitMs > 0) return backendFailure('busy', null, null, toRetryAfterSeconds(waitMs))
    const payload = ask(nonce)
    underWay.set(nonce, payload)
    return payload
  }
}

function memoryOf(payload: Payload): number {
  if (payload.ok) return GOOD_MS
  const retryAfterSeconds = retrySecondsOf(payload)
  return retryAfterSeconds === null ? REFUSED_MS : retryAfterSeconds * 1000
}
