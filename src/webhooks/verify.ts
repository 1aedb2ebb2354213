import type { FastifyRequest } from 'fastify'
import { OptionTypeError, WebhookBodyError, WebhookPayloadError } from '../core/errors.js'
import { describeType, type Given } from '../core/options/given.js'
import { type OptionTable, option, readOptions } from '../core/options/table.js'
import { parseEvent, type WebhookEvent } from './events.js'
import { signingSecret } from './options.js'
import { assertTimely, createDeliveryCheck, type DeliveryCheck, readDeliveryHeaders } from './signature.js'

export interface VerifyWebhookOptions {
  /** Secret of the endpoint, or several during rotation. Environment: `CLERK_WEBHOOK_SIGNING_SECRET`. */
  readonly signingSecret?: string | readonly string[] | undefined
  /** The body as it was received. Default: `request.rawBody`, else `request.body`, as string or bytes. */
  readonly rawBody?: string | Buffer | undefined
}

const VERIFY_WEBHOOK = {
  signingSecret,
  rawBody: option<string | Buffer, string | Buffer | null>(readRawBody)
} satisfies OptionTable<VerifyWebhookOptions>

/** Checks by their secrets: made once, as an application has the same few secrets on every call. */
const checks = new Map<string, Promise<DeliveryCheck>>()
const MAX_CHECKS = 100

/**
 * Verifies a webhook of Clerk on a route of your own and returns its event. The route has to keep the body as it was
 * received: the signature does not fit a body that was parsed and serialised again. Deliveries are not remembered: the
 * same event can arrive again, and handling it twice must do no harm.
 *
 * Throws 400 or 401 for mistakes of the sender: `FST_CLERK_WEBHOOK_HEADERS`, `_TIMESTAMP` (more than five minutes away),
 * `_SIGNATURE`, `_PAYLOAD`; and 500 for mistakes of the server: `_BODY`, `_SECRET_MISSING`, `_SECRET_INVALID`,
 * `_VERIFIER_MISSING` (the package `standardwebhooks`), and the coded error of a bad option.
 */
export async function verifyWebhook(
  request: Pick<FastifyRequest, 'headers' | 'body'>,
  options: VerifyWebhookOptions = {}
): Promise<WebhookEvent> {
  const settings = readOptions(VERIFY_WEBHOOK, options, { path: 'verifyWebhook', env: process.env })
  const checkDelivery = await checkFor(settings.signingSecret)
  const headers = readDeliveryHeaders(request.headers)
  assertTimely(headers, Date.now())
  const body = readBody(request, settings.rawBody)
  checkDelivery(body, headers)
  const event = parseEvent(body)
  if (event === null) throw new WebhookPayloadError()
  return event
}

function readRawBody({ name, value }: Given): string | Buffer | null {
  if (value === undefined) return null
  if (typeof value === 'string' || Buffer.isBuffer(value)) return value
  throw new OptionTypeError(name, 'a string or a Buffer', describeType(value))
}

function readBody(request: Pick<FastifyRequest, 'body'> & { rawBody?: unknown }, given: unknown): string {
  const body = given ?? request.rawBody ?? request.body ?? ''
  if (typeof body === 'string') return body
  if (Buffer.isBuffer(body)) return body.toString()
  throw new WebhookBodyError()
}

function checkFor(secrets: readonly string[]): Promise<DeliveryCheck> {
  const key = secrets.join(' ')
  let check = checks.get(key)
  if (check === undefined) {
    check = createDeliveryCheck(secrets)
    check.catch(() => checks.delete(key))
    if (checks.size >= MAX_CHECKS) checks.clear()
    checks.set(key, check)
  }
  return check
}
