import type { IncomingHttpHeaders } from 'node:http'
import {
  WebhookHeadersError,
  WebhookSecretInvalidError,
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
