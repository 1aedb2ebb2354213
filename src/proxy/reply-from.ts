import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import type { FastifyInstance } from 'fastify'
import { DecoratorTakenError, ProxyPeerError } from '../core/errors.js'

/** Below the time after which servers close a connection that nobody uses. */
const IDLE_MS = 4_000

/**
 * Decorates `reply.from` in this scope, for requests to `origin`. It speaks HTTP by Node's own client, which follows no redirect and knows no proxy of the
 * environment; `@fastify/reply-from` checks no certificate unless it is told to.
 */
export async function registerReplyFrom(fastify: FastifyInstance, origin: string): Promise<void> {
  if (fastify.hasReplyDecorator('from')) throw new DecoratorTakenError('reply.from')
  const replyFrom = await importReplyFrom()
  const agentOptions = { keepAlive: true, timeout: IDLE_MS }
  await fastify.register(replyFrom, {
    base: origin,
    disableCache: true,
    disableRequestLogging: true,
    destroyAgent: true,
    http: {
      agents: { 'http:': new HttpAgent(agentOptions), 'https:': new HttpsAgent(agentOptions) },
      requestOptions: { rejectUnauthorized: true }
    }
  })
}

async function importReplyFrom(): Promise<typeof import('@fastify/reply-from')> {
  try {
    return (await import('@fastify/reply-from')).default
  } catch (cause) {
    throw new ProxyPeerError({ cause })
  }
}
