// Compiled under every compiler and resolver, as ES module and as CommonJS, and run: prints two answers.
import Fastify, { type FastifyRequest } from 'fastify'
import clerkAuth, { type Auth, getAuth, guarded, signedIn } from 'fastify-clerk-auth'
import audit, { type AuditRecord, type AuditSink } from 'fastify-clerk-auth/audit'
import { subscribe } from 'fastify-clerk-auth/diagnostics'
import { createLocalClerk } from 'fastify-clerk-auth/local'
import type metrics from 'fastify-clerk-auth/metrics'
import type { MetricsOptions } from 'fastify-clerk-auth/metrics'
import { createMemoryBus } from 'fastify-clerk-auth/revocation'
import type webhooks from 'fastify-clerk-auth/webhooks'
import type { WebhooksOptions } from 'fastify-clerk-auth/webhooks'

type IsAny<T> = 0 extends 1 & T ? true : false
function isTyped<_Known extends false>(): void {}
isTyped<IsAny<Auth>>()
isTyped<IsAny<AuditRecord>>()
isTyped<IsAny<MetricsOptions>>()
isTyped<IsAny<WebhooksOptions>>()
isTyped<IsAny<typeof audit>>()
isTyped<IsAny<typeof metrics>>()
isTyped<IsAny<typeof webhooks>>()
isTyped<IsAny<typeof createMemoryBus>>()

export function change(request: FastifyRequest): void {
  // @ts-expect-error it is read-only
  request.auth = null
}

async function main(): Promise<void> {
  const records: AuditRecord[] = []
  const sink: AuditSink = {
    name: 'memory',
    async open() {},
    async write(lines) {
      for (const line of lines) records.push(JSON.parse(line) as AuditRecord)
    },
    async close() {}
  }
  let refusals = 0
  const unsubscribe = subscribe('fastify-clerk-auth:refusal', (event) => {
    refusals += event.state === 'signed-out' ? 1 : 0
  })

  const createBus = createMemoryBus()
  const clerk = await createLocalClerk()
  const fastify = Fastify()
  await fastify.register(clerkAuth, { ...clerk.pluginOptions(), revocation: { bus: createBus() } })
  await fastify.register(audit, { sink })
  fastify.get('/me', { preHandler: fastify.requireAuth, config: { clerk: { audit: true } } }, (request) => {
    request.audit({ action: 'me.read' })
    const { auth } = request
    const userId: string | null = auth.isAuthenticated ? auth.userId : auth.userId
    return { userId, same: getAuth(request) === auth }
  })
  fastify.get<{ Params: { id: string } }>(
    '/notes/:id',
    guarded,
    signedIn(async (request, reply) => {
      reply.header('x-id', request.params.id)
      return { userId: request.auth.userId.toUpperCase() }
    })
  )
  fastify.route<{ Body: { n: number } }>({
    method: 'POST',
    url: '/numbers',
    ...guarded,
    handler: signedIn((request) => request.auth.userId.repeat(request.body.n))
  })
  fastify.get('/guarded', guarded, (request) => {
    const userId: string = request.auth.userId
    return userId
  })
  const h2 = Fastify({ http2: true })
  h2.get('/', guarded, (request) => getAuth(request).isAuthenticated && request.auth.userId.length)

  const { body } = await fastify.inject({ url: '/me', headers: clerk.bearer({ userId: 'user_typed' }) })
  const { statusCode } = await fastify.inject('/me')
  await fastify.close()
  await clerk.close()
  unsubscribe()
  process.stdout.write(JSON.stringify({ body, statusCode, refusals, actions: records.map(({ action }) => action) }))
}

main()
