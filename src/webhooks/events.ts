import { isRecord, parseJson } from '../core/json.js'

/** Fields of a user event that this package reads; the others are as Clerk sends them. */
export interface UserEventData {
  readonly id: string
  readonly banned?: boolean
  readonly locked?: boolean
  readonly [field: string]: unknown
}

export interface DeletedEventData {
  readonly id?: string
  readonly deleted: boolean
  readonly [field: string]: unknown
}

export interface SessionEventData {
  readonly id: string
  readonly user_id: string
  readonly client_id?: string
  readonly status?: string
  readonly [field: string]: unknown
}

export interface OrganizationEventData {
  readonly id: string
  readonly name?: string
  readonly slug?: string | null
  readonly [field: string]: unknown
}

export interface OrganizationMembershipEventData {
  readonly id: string
  readonly role?: string
  readonly organization: { readonly id: string; readonly [field: string]: unknown }
  readonly public_user_data: { readonly user_id: string; readonly [field: string]: unknown }
  readonly [field: string]: unknown
}

export interface OtherEventData {
  readonly [field: string]: unknown
}

/** Event types whose data is described; every other type is handed on as `OtherEventData`. */
export interface WebhookEventData {
  'user.created': UserEventData
  'user.updated': UserEventData
  'user.deleted': DeletedEventData
  'session.created': SessionEventData
  'session.pending': SessionEventData
  'session.ended': SessionEventData
  'session.removed': SessionEventData
  'session.revoked': SessionEventData
  'organization.created': OrganizationEventData
  'organization.updated': OrganizationEventData
  'organization.deleted': DeletedEventData
  'organizationMembership.created': OrganizationMembershipEventData
  'organizationMembership.updated': OrganizationMembershipEventData
  'organizationMembership.deleted': OrganizationMembershipEventData
}

/** Other types that Clerk documents; their data is handed on as it is. */
export type OtherEventType =
  | 'email.created'
  | 'sms.created'
  | 'invitation.accepted'
  | 'invitation.created'
  | 'invitation.revoked'
  | 'organizationDomain.created'
  | 'organizationDomain.deleted'
  | 'organizationDomain.updated'
  | 'organizationInvitation.accepted'
  | 'organizationInvitation.created'
  | 'organizationInvitation.revoked'
  | 'permission.created'
  | 'permission.deleted'
  | 'permission.updated'
  | 'role.created'
  | 'role.deleted'
  | 'role.updated'
  | 'waitlistEntry.created'
  | 'waitlistEntry.updated'

export type WebhookEventType = keyof WebhookEventData | OtherEventType

/** One event of Clerk. Its signature was checked; its data is typed as Clerk documents it, not validated. */
export interface WebhookEvent<Type extends string = string> {
  readonly type: Type
  readonly object: 'event'
  readonly data: Type extends keyof WebhookEventData ? WebhookEventData[Type] : OtherEventData
  /** When it happened, ms since the epoch by Clerk's clock. */
  readonly timestamp?: number
  readonly instance_id?: string
  readonly event_attributes?: { readonly http_request?: { readonly client_ip?: string; readonly user_agent?: string } }
}

/** Reads an event from a verified body; null when the body is not an event. */
export function parseEvent(body: string): WebhookEvent | null {
  const event = parseJson(body)
  if (!isRecord(event) || typeof event.type !== 'string' || !isRecord(event.data)) return null
  return event as unknown as WebhookEvent
}
