import type { FastifyBaseLogger, FastifyPluginAsync, FastifyRequest } from 'fastify'
import {
  RoutePolicyError,
  WebhookBusyError,
  WebhookPayloadError,
  WebhookPluginError,
  WebhookTimestampError
} from '../core/errors.js'
import { logLine } from '../core/log-lines.js'
import { readOptions } from '../core/options/table.js'
import { findNearMiss } from '../core/options/unknown-option.js'
import { warnOfRisk } from '../core/risk-warning.js'
import { setUnrefTimer, whileAwaited, withinTime } from '../core/timers.js'
import { isGuardedScope } from '../plugin/guarded-scope.js'
import { refuseAtReady } from '../plugin/refuse-at-ready.js'
import { REGISTER_OPTIONS } from '../plugin/register-options.js'
import { createMemoryDeliveries } from './deliveries.js'
import { revocationOf } from './event-revocation.js'
import { eventTypes, parseEvent, type WebhookEvent } from './events.js'
import {
  type Revoke,
  WEBHOOKS,
  type WebhookContext,
  type WebhookHandler,
  type WebhookHandlers,
  type WebhooksOptions
} from './options.js'
import { assertTimely, createDeliveryCheck, type DeliveryHeaders, readDeliveryHeaders } from './signature.js'

const GUARDED = 'the route of webhooks is public, but requireAuth or authorize is among the hooks of its scope'

/**
 * Receives Clerk's webhooks: verifies deliveries, makes a revocation of each event that ends a session, a user, an
 * organization or a membership, and calls the application's handlers. No other route sees the body parser of this one. The route is not
 * authenticated (`config.clerk: false`): with a guard among the hooks of its scope, which would refuse every delivery, the server
 * does not start (`FST_CLERK_ROUTE_POLICY`).
 *
 * Answers 204 when the event has been handled, now or by an earlier attempt; 400 or 401 for a request that is not a
 * delivery of Clerk; 409 while an earlier attempt is still being handled; 500 when a handler failed. Clerk sends an event
 * again after any answer but 2xx.
 */
export const webhooks: FastifyPluginAsync<WebhooksOptions> = async (fastify, options) => {
  const settings = readOptions(WEBHOOKS, options, { path: 'webhooks', env: process.env, alsoKnown: REGISTER_OPTIONS })
  const { path, signingSecret, on, revokeOn, bodyLimit, answerTimeoutInMs } = settings
  const deliveries = settings.deliveries ?? createMemoryDeliveries(() => Date.now())
  const checkDelivery = await createDeliveryCheck(signingSecret)
  const revoke = settings.revoke ?? pluginRevoke(fastify)

  warnOfUnknownTypes(on, fastify.log)
  deliveries.open?.(fastify.log)
  fastify.addHook('onClose', async () => deliveries.close?.())
  // Also where the main plugin does not cover the route, as with `revoke: false`.
  refuseAtReady(fastify, () => {
    if (isGuardedScope(fastify)) throw new RoutePolicyError(GUARDED)
  })
  fastify.removeAllContentTypeParsers()
  fastify.addContentTypeParser('*', { parseAs: 'string', bodyLimit }, (_request, body, done) => done(null, body))

  const headersOf = new WeakMap<FastifyRequest, DeliveryHeaders>()
  const routeOptions = {
    bodyLimit,
    config: { clerk: false as const },
    // Refuses a request that cannot be a delivery before its body is read.
    onRequest: async (request: FastifyRequest) => {
      const headers = readDeliveryHeaders(request.headers)
      assertTimely(headers, Date.now())
      headersOf.set(request, headers)
    }
  }

  fastify.post(path, routeOptions, async (request, reply) => {
    const headers = headersOf.get(request) as DeliveryHeaders
    // Again: the body may have come so late that the delivery it repeats is forgotten.
    assertTimely(headers, Date.now())
    const body = typeof request.body === 'string' ? request.body : ''
    checkDelivery(body, headers)
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
    // Its lines are not counted: only a delivery that Clerk has signed comes this far, and each line names its own.
    const log = request.log.child({ webhook: id })
    const handling = handle(event, timestamp * 1000, { id, request, log }).then(
      () => deliveries.end(id, true),
      async (error: unknown) => {
        await deliveries.end(id, false)
        throw error
      }
    )
    const isHandled = handling.then(() => true)
    if (await whileAwaited(withinTime(isHandled, answerTimeoutInMs, false, setUnrefTimer))) return
    handling.catch((error: unknown) => logLine(log, 'webhook-failed-late', { err: error, type: event.type }))
    throw new WebhookBusyError()
  }

  /** Starts the revocation first: it counts in this process before a handler runs. */
  async function handle(event: WebhookEvent, sentAtMs: number, context: WebhookContext): Promise<void> {
    const results = await Promise.allSettled([revokeFor(event, sentAtMs, context.log), callHandlers(event, context)])
    for (const result of results) if (result.status === 'rejected') throw result.reason
  }

  async function callHandlers(event: WebhookEvent, context: WebhookContext): Promise<void> {
    await handlerOf('*')?.(event, context)
    await handlerOf(event.type)?.(event, context)
  }

  async function revokeFor(event: WebhookEvent, sentAtMs: number, log: FastifyBaseLogger): Promise<void> {
    if (revoke === false) return
    const nowMs = Date.now()
    const revocation = revocationOf(event, nowMs, revokeOn)
    if (revocation === 'malformed') logLine(log, 'webhook-names-nobody', { type: event.type })
    else if (revocation !== null)
      // A delivery from the future: this clock is behind Clerk's, which stamps `iat`, and would date the revocation too early.
      await revoke(revocation.target, revocation.atMs ?? (sentAtMs > nowMs ? sentAtMs : undefined))
  }

  function handlerOf(type: string): WebhookHandler | undefined {
    return Object.hasOwn(on, type) ? (on[type as '*'] as WebhookHandler) : undefined
  }
}

/** Not refused: Clerk adds events, and an application may handle one before this package has its name. */
function warnOfUnknownTypes(on: WebhookHandlers, log: FastifyBaseLogger): void {
  const given = Object.entries(on).flatMap(([type, handler]) => (handler === undefined ? [] : [type]))
  const unknown = given.filter((type) => type !== '*' && !eventTypes.includes(type))
  if (unknown.length === 0) return
  const named = unknown.map((type) => {
    const near = findNearMiss(type, eventTypes)
    return near === null ? type : `${type} (did you mean ${near}?)`
  })
  warnOfRisk(log, 'webhooks.on', 'webhook-types-unknown', `Types: ${named.join(', ')}`)
}

function pluginRevoke(fastify: { clerk?: { revoke?: unknown; instanceOf?: unknown } }): Revoke {
  const { revoke, instanceOf } = fastify.clerk ?? {}
  if (typeof revoke !== 'function' || typeof instanceOf !== 'function') throw new WebhookPluginError()
  try {
    instanceOf()
  } catch (cause) {
    // There is a resolver: each event that ends a session would fail.
    throw new WebhookPluginError({ cause })
  }
  return revoke as Revoke
}
