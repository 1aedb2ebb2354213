import { isRecord } from '../core/json.js'
import { isRevocableId, type RevocationTarget } from '../core/revocation/revocation.js'
import type { WebhookEvent, WebhookEventType } from './events.js'

export interface EventRevocation {
  readonly target: RevocationTarget
  /** Tokens issued until then are refused, in ms since the epoch. Undefined: until now. */
  readonly atMs: number | undefined
}

type Data = Readonly<Record<string, unknown>>

interface EventRule {
  /** False: only if the option `revokeOn` names the event. */
  readonly byDefault: boolean
  /** Null: this event ends nothing. `'malformed'`: the event does not say whose tokens end. */
  readonly target: (data: Data) => RevocationTarget | 'malformed' | null
  /**
   * `for good`: what has ended stays ended, so all of its tokens are refused, whenever they were issued. `before`: tokens of
   * after the event are good, as they carry what it changed.
   */
  readonly ends: 'for good' | 'before'
}

/** The events that end tokens. The reasons are in README.md of this folder, which a test compares with this table. */
export const EVENT_RULES = {
  'session.revoked': { byDefault: true, target: sessionOf, ends: 'for good' },
  'session.ended': { byDefault: true, target: sessionOf, ends: 'for good' },
  'session.removed': { byDefault: true, target: sessionOf, ends: 'for good' },
  'user.deleted': { byDefault: true, target: userOf, ends: 'for good' },
  'user.updated': { byDefault: true, target: bannedOrLocked, ends: 'before' },
  'organization.deleted': { byDefault: true, target: organizationOf, ends: 'for good' },
  'organizationMembership.updated': { byDefault: true, target: membershipOf, ends: 'before' },
  'organizationMembership.deleted': { byDefault: true, target: membershipOf, ends: 'before' },
  'role.updated': { byDefault: false, target: everySession, ends: 'before' },
  'role.deleted': { byDefault: false, target: everySession, ends: 'before' },
  'permission.updated': { byDefault: false, target: everySession, ends: 'before' },
  'permission.deleted': { byDefault: false, target: everySession, ends: 'before' },
  'subscription.updated': { byDefault: false, target: payerOf, ends: 'before' },
  'subscription.pastDue': { byDefault: false, target: payerOf, ends: 'before' },
  'subscriptionItem.ended': { byDefault: false, target: payerOf, ends: 'before' },
  'subscriptionItem.pastDue': { byDefault: false, target: payerOf, ends: 'before' }
} as const satisfies { readonly [Type in WebhookEventType]?: EventRule }

type RuledEventType = keyof typeof EVENT_RULES

/** Events that end tokens if the option `revokeOn` names them. */
export type RevokeOnEventType = {
  [Type in RuledEventType]: (typeof EVENT_RULES)[Type]['byDefault'] extends true ? never : Type
}[RuledEventType]

export const REVOKE_ON_EVENT_TYPES = Object.freeze(
  Object.entries(EVENT_RULES).flatMap(([type, { byDefault }]) => (byDefault ? [] : [type as RevokeOnEventType]))
)

const NO_EVENTS: ReadonlySet<string> = new Set()

/** The revocation that an event calls for; null: none. `'malformed'`: its type ends tokens, and it does not say whose. */
export function revocationOf(
  event: WebhookEvent,
  nowMs: number,
  revokeOn: ReadonlySet<string> = NO_EVENTS
): EventRevocation | 'malformed' | null {
  if (!Object.hasOwn(EVENT_RULES, event.type)) return null
  const rule: EventRule = EVENT_RULES[event.type as RuledEventType]
  if (!rule.byDefault && !revokeOn.has(event.type)) return null
  const target = rule.target(event.data)
  if (target === null || target === 'malformed') return target
  return { target, atMs: rule.ends === 'for good' ? undefined : momentOf(event, nowMs) }
}

function sessionOf({ id }: Data) {
  return isRevocableId(id) ? { sessionId: id } : 'malformed'
}

function userOf({ id }: Data) {
  return isRevocableId(id) ? { userId: id } : 'malformed'
}

/** Anybody can have an account locked by guessing at its password: that must not end the API keys of the user. */
function bannedOrLocked({ id, banned, locked }: Data) {
  if (banned !== true && locked !== true) return null
  if (!isRevocableId(id)) return 'malformed'
  return banned === true ? { userId: id } : ({ userId: id, only: 'sessions' } as const)
}

function organizationOf({ id }: Data) {
  return isRevocableId(id) ? { organizationId: id } : 'malformed'
}

function membershipOf({ organization, public_user_data: user }: Data) {
  const organizationId = isRecord(organization) ? organization.id : undefined
  const userId = isRecord(user) ? user.user_id : undefined
  return isRevocableId(organizationId) && isRevocableId(userId) ? { organizationId, userId } : 'malformed'
}

/** The event names no organization: roles and permissions are those of all. Machine tokens carry neither. */
function everySession() {
  return { everyone: true, only: 'sessions' } as const
}

/** A plan is in the claims of session tokens alone. */
function payerOf({ payer }: Data) {
  if (!isRecord(payer)) return 'malformed'
  const { organization_id: organizationId, user_id: userId } = payer
  if (isRevocableId(organizationId)) return { organizationId, only: 'sessions' } as const
  return isRevocableId(userId) ? ({ userId, only: 'sessions' } as const) : 'malformed'
}

const DAY_MS = 86_400_000

/**
 * The time of the event, by the clock that also stamps `iat`. With the time of the delivery, which can come minutes
 * later, tokens that carry the new role already would be refused. A time more than a day away is ignored.
 */
function momentOf({ timestamp }: WebhookEvent, nowMs: number): number | undefined {
  return typeof timestamp === 'number' && Math.abs(nowMs - timestamp) < DAY_MS ? timestamp : undefined
}
