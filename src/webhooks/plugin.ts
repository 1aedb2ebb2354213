import type { FastifyBaseLogger, FastifyPluginAsync, FastifyRequest } from 'fastify'
import { WebhookBusyError, WebhookPayloadError, WebhookPluginError, WebhookTimestampError } from '../core/errors.js'
import type { RevocationTarget } from '../core/revocation/revocation.js'
import { createMemoryDeliveries, type Deliveries } from './deliveries.js'
import { revocationOf } from './event-revocation.js'
import { parseEvent, type WebhookEvent, type WebhookEventType } from './events.js'
import { assertDeliveryHeaders, assertSecrets, createSignatureCheck, type DeliveryHeaders } from './signature.js'

export interface WebhookContext {
  /** The same for every attempt to deliver this event: a key for what must happen once. */
  readonly id: string
  readonly request: FastifyRequest
  readonly log: FastifyBaseLogger
}

export type WebhookHandler<Type extends string = string> = (
  event: WebhookEvent<Type>,
  context: WebhookContext
) => unknown

/** Handlers by event type; `*` is called for every event, and the place for types that have no name here. */
export type WebhookHandlers = { readonly [Type in WebhookEventType]?: WebhookHandler<Type> } & {
  readonly '*'?: WebhookHandler
}

export interface WebhooksOptions {
  /** Where Clerk sends events. Default: `/webhooks/clerk`. */
  readonly path?: string
  /** Secret of the endpoint, or several during rotation. Default: `CLERK_WEBHOOK_SIGNING_SECRET`. */
  readonly signingSecret?: string | readonly string[]
  /** What the application does with events. One that throws makes Clerk send the event again later. */
  readonly on?: WebhookHandlers
  /**
   * Revokes what an event ends. Default: `fastify.clerk.revoke`; false: handlers only. With a resolver of instances, say
   * here whose: `(target, at) => fastify.clerk.instanceOf(…).revocations.revoke(target, at)`.
   */
  readonly revoke?: false | ((target: RevocationTarget, at?: number | Date) => unknown)
  /** Largest accepted body in bytes, default 262,144. */
  readonly bodyLimit?: number
  /** After this time the answer does not wait for handlers any more, in ms, default 10,000 (Clerk gives up at 15,000). */
  readonly answerWithinMs?: number
  /**
   * Where handled deliveries are remembered. Default: in this process, at most 100,000 of them. With several processes,
   * `createRedisDeliveries` makes an event be handled once by all of them.
   */
  readonly deliveries?: Deliveries
}

const DEFAULT_PATH = '/webhooks/clerk'
const DEFAULT_BODY_LIMIT = 262_144
const DEFAULT_ANSWER_WITHIN_MS = 10_000

/**
 * Receives Clerk's webhooks: verifies them, turns those that end a session, a user or a membership into revocations,
 * and calls the application's handlers. The body parser it needs is its own and no other route sees it. Its route is not
 * authenticated (`config.clerk: false`), so it does not belong in a scope whose hooks are `requireAuth`.
 *
 * Answers 204 when an event is handled (or was before), 400 or 401 for what is not from Clerk, 409 while an earlier
 * attempt is still being handled, and 500 when a handler failed; Clerk sends again after anything but 2xx.
 */
export const webhooks: FastifyPluginAsync<WebhooksOptions> = async (fastify, options) => {
  const { path = DEFAULT_PATH, bodyLimit = DEFAULT_BODY_LIMIT, on = {} } = options
  const { answerWithinMs = DEFAULT_ANSWER_WITHIN_MS, deliveries = createMemoryDeliveries(Date.now) } = options
  const checkSignature = await createSignatureCheck(assertSecrets(options.signingSecret))
  const revoke = options.revoke ?? pluginRevoke(fastify)

  fastify.addHook('onClose', async () => deliveries.close?.())
  fastify.removeAllContentTypeParsers()
  fastify.addContentTypeParser('*', { parseAs: 'string', bodyLimit }, (_request, body, done) => done(null, body))

  const routeOptions = {
    bodyLimit,
    config: { clerk: false as const },
    // What is plainly not a delivery is refused before its body is read.
    onRequest: async (request: FastifyRequest) => {
      assertDeliveryHeaders(request.headers, Date.now())
    }
  }

  fastify.post(path, routeOptions, async (request, reply) => {
    const headers = assertDeliveryHeaders(request.headers, Date.now())
    const body = typeof request.body === 'string' ? request.body : ''
    checkSignature(body, headers)
    const event = parseEvent(body)
    if (event === null) throw new WebhookPayloadError()
    await deliver(event, headers, request)
    return reply.code(204).send()
  })

  async function deliver(event: WebhookEvent, { id, timestamp }: DeliveryHeaders, request: FastifyRequest) {
    const state = await deliveries.begin(id, timestamp)
    if (state === 'done') return
    if (state === 'busy') throw new WebhookBusyError()
    if (state === 'unknown') throw new WebhookTimestampError()
    const log = request.log.child({ webhook: id })
    const handling = handle(event, { id, request, log }).then(
      () => deliveries.end(id, true),
      async (error: unknown) => {
        await deliveries.end(id, false)
        throw error
      }
    )
    if (await settlesWithin(handling, answerWithinMs)) return
    handling.catch((error: unknown) => log.error({ err: error, type: event.type }, 'webhook handler failed late'))
    throw new WebhookBusyError()
  }

  /** The revocation counts here before any handler runs; the other processes are told at the same time. */
  async function handle(event: WebhookEvent, context: WebhookContext): Promise<void> {
    const results = await Promise.allSettled([revokeFor(event, context.log), callHandlers(event, context)])
    for (const result of results) if (result.status === 'rejected') throw result.reason
  }

  async function callHandlers(event: WebhookEvent, context: WebhookContext): Promise<void> {
    await handlerOf('*')?.(event, context)
    await handlerOf(event.type)?.(event, context)
  }

  async function revokeFor(event: WebhookEvent, log: FastifyBaseLogger): Promise<void> {
    if (revoke === false) return
    const revocation = revocationOf(event, Date.now())
    if (revocation === 'malformed') log.warn({ type: event.type }, 'webhook does not say whose tokens end')
    else if (revocation !== null) await revoke(revocation.target, revocation.atMs)
  }

  function handlerOf(type: string): WebhookHandler | undefined {
    return Object.hasOwn(on, type) ? (on[type as '*'] as WebhookHandler) : undefined
  }
}

function pluginRevoke(fastify: {
  clerk?: { revoke?: unknown }
}): (target: RevocationTarget, at?: number | Date) => unknown {
  const clerk = fastify.clerk
  if (typeof clerk?.revoke !== 'function') throw new WebhookPluginError()
  return clerk.revoke as (target: RevocationTarget, at?: number | Date) => unknown
}

/** False when the promise takes longer; it goes on. */
async function settlesWithin(promise: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, ms, false)
  })
  try {
    return await Promise.race([promise.then(() => true), timeout])
  } finally {
    clearTimeout(timer)
  }
}
