import type { IncomingHttpHeaders } from 'node:http'
import {
  WebhookHeadersError,
  WebhookSecretInvalidError,
  WebhookSignatureError,
  WebhookTimestampError,
  WebhookVerifierMissingError
} from '../core/errors.js'

/** The values in the headers of a delivery. They prove nothing before the signature has been checked. */
export interface DeliveryHeaders {
  /** The same for every attempt to deliver one event. */
  readonly id: string
  /** When this attempt was made, seconds since the epoch. */
  readonly timestamp: number
  readonly signature: string
}

/** Checks body and headers against every secret. Throws `FST_CLERK_WEBHOOK_SIGNATURE` when no secret fits. */
export type DeliveryCheck = (body: string, headers: DeliveryHeaders) => void

/** How far the timestamp may be away from now, in either direction: what the libraries of Standard Webhooks accept. */
export const TOLERANCE_SECONDS = 300
/** Longer than any id of Clerk or Svix; ids are kept in memory. */
const MAX_ID_LENGTH = 256

/**
 * Reads the headers that sign a delivery, under Svix's names or those of Standard Webhooks. Throws
 * `FST_CLERK_WEBHOOK_HEADERS` when one is missing or malformed.
 */
export function readDeliveryHeaders(headers: IncomingHttpHeaders): DeliveryHeaders {
  const id = readHeader(headers, 'id')
  const timestampText = readHeader(headers, 'timestamp')
  const signature = readHeader(headers, 'signature')
  if (id === '' || id.length > MAX_ID_LENGTH || signature === '' || !/^\d{1,12}$/.test(timestampText)) {
    throw new WebhookHeadersError()
  }
  return { id, timestamp: Number(timestampText), signature }
}

/** Throws `FST_CLERK_WEBHOOK_TIMESTAMP` when the attempt was made too long ago, or by a clock too far ahead. */
export function assertTimely({ timestamp }: DeliveryHeaders, nowMs: number): void {
  if (Math.abs(Math.floor(nowMs / 1000) - timestamp) > TOLERANCE_SECONDS) throw new WebhookTimestampError()
}

/** Makes the check of deliveries to an endpoint with these secrets. Loads the optional peer `standardwebhooks`. */
export async function createDeliveryCheck(secrets: readonly string[]): Promise<DeliveryCheck> {
  const Webhook = await importWebhook()
  const verifiers = secrets.map((secret) => {
    try {
      return new Webhook(secret)
    } catch {
      throw new WebhookSecretInvalidError()
    }
  })

  return function checkDelivery(body, { id, timestamp, signature }) {
    const headers = { 'webhook-id': id, 'webhook-timestamp': String(timestamp), 'webhook-signature': signature }
    for (const verifier of verifiers) {
      try {
        verifier.verify(body, headers, { jsonParse: false })
        return
      } catch {
        // The library throws for a signature of another secret and for one that it cannot read; both get one answer.
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
