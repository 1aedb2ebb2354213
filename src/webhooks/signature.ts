import type { IncomingHttpHeaders } from 'node:http'
import {
  WebhookHeadersError,
  WebhookSecretInvalidError,
  WebhookSecretMissingError,
  WebhookSignatureError,
  WebhookTimestampError,
  WebhookVerifierMissingError
} from '../core/errors.js'

/** What the headers of a delivery say; nothing of it is believed before the signature is checked. */
export interface DeliveryHeaders {
  /** The same for every attempt to deliver one event. */
  readonly id: string
  /** When this attempt was made, seconds since the epoch. */
  readonly timestamp: number
  readonly signature: string
}

/** Checks body and headers against every secret; throws `FST_CLERK_WEBHOOK_SIGNATURE` when none fits. */
export type SignatureCheck = (body: string, headers: DeliveryHeaders) => void

/** Standard Webhooks: how far the timestamp may be away, in either direction. */
export const TOLERANCE_SECONDS = 300
const MAX_ID_LENGTH = 256

/**
 * Reads the headers that sign a delivery, under Svix's names or those of Standard Webhooks. Throws
 * `FST_CLERK_WEBHOOK_HEADERS` when one is missing and `FST_CLERK_WEBHOOK_TIMESTAMP` when the attempt is stale: both
 * before any body is read.
 */
export function assertDeliveryHeaders(headers: IncomingHttpHeaders, nowMs: number): DeliveryHeaders {
  const id = readHeader(headers, 'id')
  const timestampText = readHeader(headers, 'timestamp')
  const signature = readHeader(headers, 'signature')
  if (id === '' || id.length > MAX_ID_LENGTH || signature === '' || !/^\d{1,12}$/.test(timestampText)) {
    throw new WebhookHeadersError()
  }
  const timestamp = Number(timestampText)
  if (Math.abs(Math.floor(nowMs / 1000) - timestamp) > TOLERANCE_SECONDS) throw new WebhookTimestampError()
  return { id, timestamp, signature }
}

/**
 * The secrets as option or environment give them: one, a list, or several separated by spaces or commas (while one
 * replaces the other). Throws `FST_CLERK_WEBHOOK_SECRET_MISSING` when there is none.
 */
export function assertSecrets(option: string | readonly string[] | undefined): readonly string[] {
  const given = option ?? process.env.CLERK_WEBHOOK_SIGNING_SECRET ?? ''
  const secrets = (typeof given === 'string' ? given.split(/[\s,]+/) : given).filter((secret) => secret !== '')
  if (secrets.length === 0) throw new WebhookSecretMissingError()
  for (const secret of secrets) {
    if (typeof secret !== 'string' || !/^(whsec_)?[A-Za-z0-9+/]{16,}={0,2}$/.test(secret)) {
      throw new WebhookSecretInvalidError()
    }
  }
  return secrets
}

/** Makes the check. The package `standardwebhooks` is an optional peer and loaded here. */
export async function createSignatureCheck(secrets: readonly string[]): Promise<SignatureCheck> {
  const Webhook = await importWebhook()
  const verifiers = secrets.map((secret) => {
    try {
      return new Webhook(secret)
    } catch {
      throw new WebhookSecretInvalidError()
    }
  })

  return function checkSignature(body, { id, timestamp, signature }) {
    const headers = { 'webhook-id': id, 'webhook-timestamp': String(timestamp), 'webhook-signature': signature }
    for (const verifier of verifiers) {
      try {
        verifier.verify(body, headers, { jsonParse: false })
        return
      } catch {
        // Not this secret's, or not readable as a signature at all: the next one, and in the end one answer for both.
      }
    }
    throw new WebhookSignatureError()
  }
}

async function importWebhook(): Promise<typeof import('standardwebhooks').Webhook> {
  try {
    return (await import('standardwebhooks')).default.Webhook
  } catch (cause) {
    throw new WebhookVerifierMissingError({ cause })
  }
}

function readHeader(headers: IncomingHttpHeaders, name: string): string {
  const value = headers[`svix-${name}`] ?? headers[`webhook-${name}`]
  return typeof value === 'string' ? value.trim() : ''
}
