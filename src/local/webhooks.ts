import { createHmac } from 'node:crypto'
import { checkItem } from '../core/options/checks.js'
import { text } from '../core/options/readers.js'
import type { OptionTable } from '../core/options/table.js'
import { createId } from './ids.js'
import { moment, readInput } from './inputs.js'

export interface WebhookEvent {
  /** For example `session.revoked`. */
  readonly type: string
  readonly data: unknown
  readonly [field: string]: unknown
}

export interface WebhookInput {
  /** Delivery id. Default: random. A second delivery with the same id is a replay. */
  readonly id?: string | undefined
  /** Moment of the signature, ms since the epoch. Default: now. */
  readonly atMs?: number | undefined
  /** Default: the instance's webhook secret. */
  readonly secret?: string | undefined
}

const WEBHOOK = {
  id: text({ default: null }),
  atMs: moment(),
  secret: text({ default: null })
} satisfies OptionTable<WebhookInput>

/**
 * A delivery as Clerk would POST it: body text and signature headers of the Standard Webhooks specification, under
 * their `svix-` names.
 */
export interface SignedWebhook {
  readonly body: string
  readonly headers: {
    readonly 'content-type': 'application/json'
    readonly 'svix-id': string
    readonly 'svix-timestamp': string
    readonly 'svix-signature': string
  }
}

/** Makes a delivery of an event, or of a text as its body. */
export function signWebhookEvent(
  event: WebhookEvent | string,
  given: WebhookInput | undefined,
  secret: string,
  nowMs: number
): SignedWebhook {
  const input = readInput(WEBHOOK, 'WebhookInput', given)
  if (typeof event !== 'string')
    checkItem({ name: 'WebhookEvent.type', value: (event as WebhookEvent | undefined)?.type })
  const atMs = input.atMs ?? nowMs
  const id = input.id ?? createId('msg')
  const timestamp = String(Math.floor(atMs / 1000))
  const body =
    typeof event === 'string'
      ? event
      : JSON.stringify({ object: 'event', timestamp: atMs, instance_id: 'ins_local', event_attributes: {}, ...event })
  const key = Buffer.from((input.secret ?? secret).replace(/^whsec_/, ''), 'base64')
  const mac = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')
  const headers = {
    'content-type': 'application/json',
    'svix-id': id,
    'svix-timestamp': timestamp,
    'svix-signature': `v1,${mac}`
  } as const
  return { body, headers }
}
