import { AsyncLocalStorage } from 'node:async_hooks'
import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import type { FastifyInstance } from 'fastify'
import { DecoratorTakenError, ProxyPeerError } from '../core/errors.js'

/** Below the time after which servers close a connection that nobody uses. */
const IDLE_MS = 4_000

/** Runs a function. What it passes on by `reply.from` ends when the signal is aborted. */
export type RunUntilAborted = (signal: AbortSignal, passOn: () => void) => void

/**
 * Decorates `reply.from` in this scope, for requests to `origin`. It speaks HTTP by Node's own client, which follows no redirect
 * and knows no proxy of the environment; `@fastify/reply-from` checks no certificate unless it is told to.
 *
 * Its timeout is one of silence, which an upstream that sends a byte now and then never reaches, and it does not end the request
 * of a client that has gone. It takes no signal of a single request either, but reads its request options for each anew.
 */
export async function registerReplyFrom(fastify: FastifyInstance, origin: string): Promise<RunUntilAborted> {
  if (fastify.hasReplyDecorator('from')) throw new DecoratorTakenError('reply.from')
  const replyFrom = await importReplyFrom()
  const signals = new AsyncLocalStorage<AbortSignal>()
  const agentOptions = { keepAlive: true, timeout: IDLE_MS }
  await fastify.register(replyFrom, {
    base: origin,
    disableCache: true,
    disableRequestLogging: true,
    destroyAgent: true,
    http: {
      agents: { 'http:': new HttpAgent(agentOptions), 'https:': new HttpsAgent(agentOptions) },
      requestOptions: {
        rejectUnauthorized: true,
        get signal() {
          return signals.getStore()
        }
      }
    }
  })
  return (signal, passOn) => signals.run(signal, passOn)
}

async function importReplyFrom(): Promise<typeof import('@fastify/reply-from')> {
  try {
    return (await import('@fastify/reply-from')).default
  } catch (cause) {
    throw new ProxyPeerError({ cause })
  }
}
