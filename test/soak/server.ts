import process from 'node:process'
import Fastify, { type FastifyInstance } from 'fastify'
import clerkAuth from '../../src/index.js'
import type { Measurement, SoakCommand, SoakReply } from './protocol.js'

// The server under load, in a process of its own, so that its memory is measured alone.

/** Full early, so that a growing cache is not taken for a leak. */
const MAX_CACHED_TOKENS = 400

let fastify: FastifyInstance | null = null
let warnings = 0
let unhandled = 0
process.on('warning', () => warnings++)
process.on('unhandledRejection', () => unhandled++)

async function start(options: object): Promise<number> {
  fastify = Fastify()
  await fastify.register(clerkAuth, { ...options, tokenCache: { maxEntries: MAX_CACHED_TOKENS } } as object)
  fastify.get('/me', { preHandler: fastify.requireAuth }, (request) => ({
    userId: (request.auth as { userId: string }).userId
  }))
  fastify.get('/open', (request) => ({ in: request.auth.isAuthenticated }))
  await fastify.listen({ port: 0, host: '127.0.0.1' })
  const address = fastify.server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
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
    keyFetches: stats?.keys.fetches ?? 0
  }
}

async function answer(command: SoakCommand): Promise<SoakReply> {
  switch (command.kind) {
    case 'start':
      return { kind: 'listening', port: await start(command.options) }
    case 'measure':
      return { kind: 'measured', measurement: await measure() }
    case 'revoke':
      await fastify?.clerk.revoke({ sessionId: command.sessionId })
      return { kind: 'revoked' }
    case 'close': {
      const startMs = performance.now()
      await fastify?.close()
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
