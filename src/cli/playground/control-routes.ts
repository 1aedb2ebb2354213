import type { FastifyInstance } from 'fastify'
import { requireAuth } from '../../index.js'
import type { LocalClerk } from '../../local/index.js'
import type { AuditTrail } from './audit-trail.js'
import { createTimings } from './timings.js'

/** The routes of the playground's page itself: counters, links, and the switches of the local Clerk. */
export function registerControls(app: FastifyInstance, clerk: LocalClerk, trail: AuditTrail): void {
  const timings = createTimings()
  const hitTimings = createTimings(25)
  let latestHitMs = app.clerk.stats().hitMs
  app.addHook('onResponse', (request, reply, done) => {
    if (request.url.startsWith('/api/')) timings.add(reply.elapsedTime)
    // The plugin times one hit in 64, and keeps the latest. A single sample says little: the machine does other things too.
    const { hitMs } = app.clerk.stats()
    if (hitMs !== latestHitMs) hitTimings.add(hitMs)
    latestHitMs = hitMs
    done()
  })
  let isClerkAway = false
  const notEvaluated = { config: { clerk: false } } as const

  app.get('/demo/counters', notEvaluated, () => {
    const stats = app.clerk.stats()
    return {
      ...stats,
      keyFetches: clerk.requests.count('jwks'),
      refreshes: clerk.requests.count('refresh'),
      requestMs: timings.medianMs(),
      hitMs: hitTimings.medianMs(),
      isClerkAway
    }
  })

  app.get('/demo/people', notEvaluated, () => ({
    signInUrl: clerk.signInUrl,
    signOutUrl: clerk.signOutUrl,
    users: clerk.directory.users().map(({ id, name, memberships = [] }) => ({
      id,
      name,
      organizations: memberships.map(({ orgId }) => {
        const { slug, name } = clerk.directory.organization(orgId) ?? {}
        return { id: orgId, slug, name }
      })
    }))
  }))

  app.get<{ Querystring: { user?: string; device?: string } }>('/demo/audit', notEvaluated, async ({ query }) => {
    await app.auditLog.flush()
    return {
      records: trail.find({ userId: query.user || undefined, sessionId: query.device || undefined }),
      ...trail.seen()
    }
  })

  // For curl: a token with a lifetime of one hour, and the cookies of a browser.
  app.get<{ Querystring: { user?: string } }>('/demo/token', notEvaluated, ({ query }, reply) => {
    const user = findUser(clerk, query.user)
    if (user === undefined) return reply.code(404).send('no such user\n')
    const { id } = clerk.openSession(user.id)
    return reply.type('text/plain').send(clerk.sessionToken(id, { expiresInSeconds: 3600 }))
  })
  app.get<{ Querystring: { user?: string } }>('/demo/cookies', notEvaluated, ({ query }, reply) => {
    const user = findUser(clerk, query.user)
    if (user === undefined) return reply.code(404).send('no such user\n')
    const { id } = clerk.openSession(user.id)
    return reply.type('text/plain').send(clerk.cookies(clerk.sessionToken(id, { expiresInSeconds: 3600 })))
  })

  app.post('/demo/expire', { onRequest: requireAuth }, (request, reply) => {
    const session = clerk.directory.session(request.auth.sessionId ?? '')
    if (session?.status !== 'active')
      return reply.code(409).send({ message: 'No session of the sign-in page, or it is over.' })
    const expired = clerk.sessionToken(session.id, {
      // With an older `iat` than the sign-in the token would be refused as outdated, not as expired.
      issuedAtMs: session.createdAtMs,
      claims: { exp: Math.floor(Date.now() / 1000) - 60 }
    })
    for (const name of ['__session', `__session_${clerk.cookieSuffix}`]) {
      reply.header('set-cookie', `${name}=${expired}; Path=/; SameSite=Lax`)
    }
    return { message: 'Your session token has expired. The next request gets you a new one.' }
  })

  app.post('/demo/revoke', { onRequest: requireAuth }, async (request) => {
    const sessionId = request.auth.sessionId ?? ''
    clerk.revokeSession(sessionId)
    await app.clerk.revoke({ sessionId })
    return { message: 'This session is revoked, although its token is good for a while.' }
  })

  app.post('/demo/rotate-keys', notEvaluated, async () => {
    await clerk.rotateKeys()
    return { message: 'The instance signs with a new key from now on.' }
  })

  app.post('/demo/clerk-away', notEvaluated, () => {
    isClerkAway = !isClerkAway
    clerk.faults.clear()
    if (isClerkAway) clerk.faults.next({ kind: 'reset', on: 'jwks', times: Number.POSITIVE_INFINITY })
    return { message: isClerkAway ? 'The key endpoint is down.' : 'The key endpoint answers again.', isClerkAway }
  })
}

function findUser(clerk: LocalClerk, name: string | undefined) {
  return clerk.directory.user(`user_${name ?? 'ada'}`)
}
