import { createHash } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { LRUCache } from 'lru-cache'
import type { Instance } from '../core/instance.js'
import { logLine } from '../core/log-lines.js'
import { isRecent } from '../core/recent.js'

// The counts that stop a redirect loop are cookies. A client that sends no cookies back is told from a first visit by
// nothing in one request, so that its loop cannot be stopped; many redirects in a short time show it to the operator.

/** A browser gives up after some twenty redirects, which are six or seven handshakes. */
const MANY = 5
const WITHIN_MS = 10_000
/** A record is some 200 bytes. Strangers who bring more pages or addresses at once hide a loop, and cause nothing else. */
const MAX_RECORDS = 1000

interface Redirects {
  readonly sinceMs: number
  count: number
}

const records = new WeakMap<Instance, LRUCache<string, Redirects>>()

const COOKIE_OF_CLERK = /(?:^|;)\s*__(?:session|client_uat|clerk_)/

/** Counts a redirect of a request without cookies of Clerk, and logs a warning when the same client has had many. */
export function countCookielessRedirect(instance: Instance, request: FastifyRequest): void {
  if (COOKIE_OF_CLERK.test(request.headers.cookie ?? '')) return
  const ofInstance =
    records.get(instance) ?? new LRUCache<string, Redirects>({ maxSize: MAX_RECORDS, sizeCalculation: () => 1 })
  records.set(instance, ofInstance)
  const nowMs = instance.settings.now()
  const name = nameOf(request)
  const before = ofInstance.get(name)
  if (before === undefined || !isRecent(before.sinceMs, WITHIN_MS, nowMs)) {
    ofInstance.set(name, { sinceMs: nowMs, count: 1 })
    return
  }
  before.count++
  if (before.count >= MANY) {
    logLine(instance.log, 'redirects-without-cookies', { route: request.routeOptions.url ?? null })
  }
}

/** The client and the page. Of one length, whatever the client sends. */
function nameOf({ ip, originalUrl, headers }: FastifyRequest): string {
  const [page = ''] = originalUrl.split('?', 1)
  return createHash('sha256')
    .update(`${ip}\n${page}\n${headers['user-agent'] ?? ''}`)
    .digest('base64url')
}
