import process from 'node:process'
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import { openConnections } from '../../src/core/connections/request-lifetime.js'
import clerkAuth, { type InstanceOptions } from '../../src/index.js'
import { type Calls, countCalls } from './calls.js'
import { Rates } from './peaks.js'
import { GUEST_SUFFIX, type Measurement, type SoakCommand, type SoakReply, type StartOptions } from './protocol.js'

// The servers under load, one with a single instance and one with a resolver, in a process of their own, so that their
// memory is measured alone.

/** Full early, so that a growing cache is not taken for a leak. */
const CACHES = { tokenCache: { maxEntries: 400 }, machineTokens: { maxEntries: 400 } }
const TENANT_CACHES = { tokenCache: { maxEntries: 40 } }
/** Fewer than tenants: guests, which have no users, push out each other all the time. */
const MAX_INSTANCES = 16

let fastify: FastifyInstance | null = null
let tenants: FastifyInstance | null = null
let calls: Calls | null = null
let warnings = 0
let unhandled = 0
process.on('warning', () => warnings++)
process.on('unhandledRejection', () => unhandled++)

const logLines = new Rates()
const streamListeners = { first: 0, most: 0 }

function createServer(name: string): FastifyInstance {
  const write = (line: string) => logLines.of(`${name}: ${(JSON.parse(line) as { msg: string }).msg}`).add()
  const server = Fastify({ logger: { level: 'warn', stream: { write } } })
  // Fastify's own handler logs each answer of 500 and above.
  server.setErrorHandler<{ statusCode?: number }>((error, _request, reply) =>
    reply.code(error.statusCode ?? 500).send()
  )
  return server
}

async function listen(server: FastifyInstance): Promise<number> {
  await server.listen({ port: 0, host: '127.0.0.1' })
  const address = server.server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

function userOf(request: FastifyRequest) {
  return { userId: (request.auth as { userId: string }).userId }
}

async function startSingle({ options }: StartOptions, fetch: typeof globalThis.fetch): Promise<FastifyInstance> {
  const server = createServer('one instance')
  await server.register(clerkAuth, { ...options, ...CACHES, fetch } as object)
  server.get('/me', { preHandler: server.requireAuth }, userOf)
  server.get('/open', (request) => ({ in: request.auth.isAuthenticated }))
  server.get(
    '/machine',
    { config: { clerk: { acceptsToken: ['api_key', 'm2m_token', 'oauth_token'] } }, preHandler: server.requireAuth },
    (request) => ({ userId: (request.auth as { subject: string }).subject })
  )
  server.get<{ Querystring: { stay?: string } }>('/stream', { preHandler: server.requireAuth }, (request, reply) => {
    const { signal } = server.clerk.lifetime(request)
    reply.hijack()
    reply.raw.writeHead(200, { 'content-type': 'text/event-stream' })
    reply.raw.write(`data: ${userOf(request).userId}\n\n`)
    signal.addEventListener('abort', () => reply.raw.end('data: ended\n\n'), { once: true })
    if (request.query.stay !== undefined) return
    countListeners(request)
    reply.raw.end('data: done\n\n')
  })
  return server
}

function countListeners({ raw: { socket } }: FastifyRequest): void {
  let count = 0
  for (const name of socket.eventNames()) count += socket.listenerCount(name)
  if (streamListeners.first === 0) streamListeners.first = count
  streamListeners.most = Math.max(streamListeners.most, count)
}

async function startTenants({ tenants, guests }: StartOptions, counted: Calls): Promise<FastifyInstance> {
  const byHost = new Map<string, InstanceOptions>()
  function resolver({ hostname }: FastifyRequest): InstanceOptions {
    let options = byHost.get(hostname)
    if (options === undefined) {
      const given = tenants[hostname] ?? (hostname.endsWith(GUEST_SUFFIX) ? guests : null)
      if (given === null) throw new Error('no such tenant')
      // A `fetch` of its own makes each host a tenant of its own.
      options = { ...given, ...TENANT_CACHES, fetch: counted.fetchOf(hostname) } as InstanceOptions
      byHost.set(hostname, options)
    }
    return options
  }
  const server = createServer('tenants')
  await server.register(clerkAuth, { resolver, maxInstances: MAX_INSTANCES })
  server.get('/me', { preHandler: server.requireAuth }, userOf)
  server.post<{ Params: { sessionId: string } }>('/revoke/:sessionId', async (request) => {
    await server.clerk.instanceOf(request).revocations.revoke({ sessionId: request.params.sessionId })
    return {}
  })
  return server
}

function activeResources(): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const kind of process.getActiveResourcesInfo()) counts[kind] = (counts[kind] ?? 0) + 1
  return counts
}

async function measure(): Promise<Measurement> {
  for (let turn = 0; turn < 3; turn++) {
    await new Promise(setImmediate)
    globalThis.gc?.()
  }
  const { heapUsed, external } = process.memoryUsage()
  const stats = fastify?.clerk.stats()
  let listeners = 0
  for (const name of process.eventNames()) listeners += process.listenerCount(name)
  return {
    bytes: heapUsed + external,
    resources: activeResources(),
    listeners,
    warnings,
    unhandled,
    cachedTokens: stats?.cachedTokens ?? 0,
    keyFetches: stats?.keys.fetches ?? 0,
    calls: calls?.peaks() ?? {},
    logLines: Object.fromEntries([...logLines.entries()].map(([message, { peak }]) => [message, peak.perMinute])),
    openLifetimes: fastify === null ? 0 : openConnections(fastify.clerk.instanceOf()),
    streamListeners
  }
}

async function answer(command: SoakCommand): Promise<SoakReply> {
  switch (command.kind) {
    case 'start': {
      calls = countCalls(command.apiKeys)
      fastify = await startSingle(command, calls.fetchOf('one instance'))
      tenants = await startTenants(command, calls)
      return { kind: 'listening', port: await listen(fastify), tenantsPort: await listen(tenants) }
    }
    case 'measure':
      return { kind: 'measured', measurement: await measure() }
    case 'revoke':
      await fastify?.clerk.revoke({ sessionId: command.sessionId })
      return { kind: 'revoked' }
    case 'close': {
      const startMs = performance.now()
      await Promise.all([fastify?.close(), tenants?.close()])
      const closeMs = performance.now() - startMs
      await new Promise((resolve) => setTimeout(resolve, 100))
      return { kind: 'closed', closeMs, resources: activeResources() }
    }
  }
}

process.on('message', (command: SoakCommand) => {
  answer(command).then(
    (reply) => process.send?.(reply),
    (error: unknown) => {
      console.error(error)
      process.exit(1)
    }
  )
})
