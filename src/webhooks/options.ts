import type { FastifyBaseLogger, FastifyRequest } from 'fastify'
import { OptionTypeError, WebhookSecretInvalidError, WebhookSecretMissingError } from '../core/errors.js'
import { checkChoice, checkFunction, checkList, checkMembers, checkTexts } from '../core/options/checks.js'
import { describeType, type Given } from '../core/options/given.js'
import { methods, wholeNumber } from '../core/options/readers.js'
import { type OptionTable, option } from '../core/options/table.js'
import { readRoutePath } from '../core/options/urls.js'
import type { RevocationTarget } from '../core/revocation/revocation.js'
import type { Deliveries } from './deliveries.js'
import { REVOKE_ON_EVENT_TYPES, type RevokeOnEventType } from './event-revocation.js'
import type { WebhookEvent, WebhookEventType } from './events.js'

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

/** Handlers by event type. `*` is called for every event, also of a type that has no name here. */
export type WebhookHandlers = { readonly [Type in WebhookEventType]?: WebhookHandler<Type> | undefined } & {
  readonly '*'?: WebhookHandler | undefined
}

/** Revokes what an event ends, at the time of the event or, without `at`, now. */
export type Revoke = (target: RevocationTarget, at?: number | Date) => unknown

export interface WebhooksOptions {
  /** Route to which Clerk sends events. Default `/webhooks/clerk`. */
  readonly path?: string | undefined
  /**
   * Secret of the endpoint, or several during rotation: as a list, or in one string with spaces or commas between them.
   * Environment: `CLERK_WEBHOOK_SIGNING_SECRET`. Security: whoever has it can make events, and with them sign users out.
   */
  readonly signingSecret?: string | readonly string[] | undefined
  /**
   * What the application does with events. A handler that throws makes Clerk send the event again later. A type that is not
   * known is warned of, in the log and by a `ClerkAuthWarning` of the process: Clerk may have added it, or it is misspelt.
   */
  readonly on?: WebhookHandlers | undefined
  /**
   * Revokes what an event ends. Default: `fastify.clerk.revoke`; `false`: handlers only. With a resolver of instances it has
   * to be given, and finds the instance whose events these are: `(target, at) => fastify.clerk.instances().find(({ settings })
   * => settings.frontendApi === 'clerk.a.example.com')?.revocations.revoke(target, at)`.
   */
  readonly revoke?: false | Revoke | undefined
  /**
   * Events that revoke besides those that always do: `role.updated`, `role.deleted`, `permission.updated`, `permission.deleted`
   * (every session token), `subscription.updated`, `subscription.pastDue`, `subscriptionItem.ended` and
   * `subscriptionItem.pastDue` (session tokens of the payer). Default: none; tokens carry the old claims until they
   * expire, a minute at most. Security: an event of the first four makes every browser fetch a new token at once.
   */
  readonly revokeOn?: readonly RevokeOnEventType[] | undefined
  /** Largest accepted body, in bytes. Default 262144, 1 to 16777216. */
  readonly bodyLimit?: number | undefined
  /**
   * How long the answer waits for handlers. After that Clerk is answered 409 and sends the event again, while the
   * handler goes on. Default 10000, 1 to 60000; Clerk itself gives up after 15000.
   */
  readonly answerTimeoutInMs?: number | undefined
  /**
   * Where handled deliveries are remembered. Default: in this process, at most 100,000 of them. With several processes,
   * `createRedisDeliveries` or `createPostgresDeliveries` lets each event be handled by one of them only.
   */
  readonly deliveries?: Deliveries | undefined
}

export const signingSecret = option<string | readonly string[], readonly string[]>(readSigningSecrets, {
  variable: 'CLERK_WEBHOOK_SIGNING_SECRET',
  isSecret: true
})

export const WEBHOOKS = {
  path: option<string, string>((given) => readRoutePath(given) ?? '/webhooks/clerk'),
  signingSecret,
  on: option<WebhookHandlers, WebhookHandlers>((given) => checkMembers(given, checkFunction) ?? {}),
  revoke: option<false | Revoke, false | Revoke | null>(readRevoke),
  revokeOn: option<readonly RevokeOnEventType[], ReadonlySet<string>>(readRevokeOn),
  bodyLimit: wholeNumber({ min: 1, max: 16_777_216, default: 262_144 }),
  answerTimeoutInMs: wholeNumber({ min: 1, max: 60_000, default: 10_000 }),
  deliveries: methods<Deliveries>(['begin', 'end'])
} satisfies OptionTable<WebhooksOptions>

function readSigningSecrets(given: Given): readonly string[] {
  const { value } = given
  const isEmptyList = Array.isArray(value) && value.length === 0
  const secrets =
    typeof value === 'string' ? value.split(/[\s,]+/).filter(Boolean) : isEmptyList ? [] : checkTexts(given)
  if (secrets === undefined || secrets.length === 0) throw new WebhookSecretMissingError()
  for (const secret of secrets) {
    if (!/^(whsec_)?[A-Za-z0-9+/]{16,}={0,2}$/.test(secret)) throw new WebhookSecretInvalidError()
  }
  return secrets
}

function readRevokeOn(given: Given): ReadonlySet<string> {
  const types = checkList(given, 'a list of event types', (item) => {
    const type = checkChoice(item, REVOKE_ON_EVENT_TYPES)
    if (type === undefined) throw new OptionTypeError(item.name, 'an event type', 'undefined')
    return type
  })
  return new Set(types)
}

function readRevoke(given: Given): false | Revoke | null {
  const { name, value } = given
  if (value === undefined || value === false) return value ?? null
  if (typeof value !== 'function') throw new OptionTypeError(name, 'false or a function', describeType(value))
  return value as Revoke
}
