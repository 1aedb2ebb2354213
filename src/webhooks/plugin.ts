import type { FastifyBaseLogger, FastifyPluginAsync, FastifyRequest } from 'fastify'
import { WebhookBusyError, WebhookPayloadError, WebhookPluginError, WebhookTimestampError } from '../core/errors.js'
import { readOptions } from '../core/options/table.js'
import { REGISTER_OPTIONS } from '../plugin/register-options.js'
import { createMemoryDeliveries } from './deliveries.js'
import { revocationOf } from './event-revocation.js'
import { parseEvent, type WebhookEvent } from './events.js'
import { type Revoke, WEBHOOKS, type WebhookContext, type WebhookHandler, type WebhooksOptions } from './options.js'
import { assertDeliveryHeaders, createSignatureCheck, type DeliveryHeaders } from './signature.js'

/**
 * Receives Clerk's webhooks: verifies them, turns those that end a session, a user or a membership into revocations,
 * and calls the application's handlers. The body parser it needs is its own and no other route sees it. Its route is not
 * authenticated (`config.clerk: false`), so it does not belong in a scope whose hooks are `requireAuth`.
 *
 * Answers 204 when an event is handled (or was before), 400 or 401 for what is not from Clerk, 409 while an earlier
 * attempt is still being handled, and 500 when a handler failed; Clerk sends again after anything but 2xx.
 */
export const webhooks: FastifyPluginAsync<WebhooksOptions> = async (fastify, options) => {
  const settings = readOptions(WEBHOOKS, options, { path: 'webhooks', env: process.env, alsoKnown: REGISTER_OPTIONS })
  const { path, signingSecret, on, bodyLimit, answerTimeoutInMs } = settings
  const deliveries = settings.deliveries ?? createMemoryDeliveries(Date.now)
  const checkSignature = await createSignatureCheck(signingSecret)
  const revoke = settings.revoke ?? pluginRevoke(fastify)

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
    if (await settlesWithin(handling, answerTimeoutInMs)) return
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

function pluginRevoke(fastify: { clerk?: { revoke?: unknown } }): Revoke {
  const revoke = fastify.clerk?.revoke
  if (typeof revoke !== 'function') throw new WebhookPluginError()
  return revoke as Revoke
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
