import { isRecord, parseJson } from '../core/json.js'
import type {
  DeletedEventData,
  EmailEventData,
  OrganizationDomainEventData,
  OrganizationEventData,
  OrganizationInvitationEventData,
  OrganizationMembershipEventData,
  OtherEventData,
  PaymentAttemptEventData,
  PermissionEventData,
  RoleEventData,
  SessionEventData,
  SmsEventData,
  SubscriptionEventData,
  SubscriptionItemEventData,
  UserEventData,
  WaitlistEntryEventData
} from './event-data.js'

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
  'organizationDomain.created': OrganizationDomainEventData
  'organizationDomain.updated': OrganizationDomainEventData
  'organizationDomain.deleted': DeletedEventData
  'organizationInvitation.created': OrganizationInvitationEventData
  'organizationInvitation.accepted': OrganizationInvitationEventData
  'organizationInvitation.revoked': OrganizationInvitationEventData
  'role.created': RoleEventData
  'role.updated': RoleEventData
  'role.deleted': RoleEventData
  'permission.created': PermissionEventData
  'permission.updated': PermissionEventData
  'permission.deleted': PermissionEventData
  'subscription.created': SubscriptionEventData
  'subscription.updated': SubscriptionEventData
  'subscription.active': SubscriptionEventData
  'subscription.pastDue': SubscriptionEventData
  'subscriptionItem.created': SubscriptionItemEventData
  'subscriptionItem.updated': SubscriptionItemEventData
  'subscriptionItem.active': SubscriptionItemEventData
  'subscriptionItem.upcoming': SubscriptionItemEventData
  'subscriptionItem.freeTrialEnding': SubscriptionItemEventData
  'subscriptionItem.canceled': SubscriptionItemEventData
  'subscriptionItem.pastDue': SubscriptionItemEventData
  'subscriptionItem.ended': SubscriptionItemEventData
  'subscriptionItem.abandoned': SubscriptionItemEventData
  'subscriptionItem.incomplete': SubscriptionItemEventData
  'paymentAttempt.created': PaymentAttemptEventData
  'paymentAttempt.updated': PaymentAttemptEventData
  'email.created': EmailEventData
  'sms.created': SmsEventData
  'waitlistEntry.created': WaitlistEntryEventData
  'waitlistEntry.updated': WaitlistEntryEventData
}

/** Other types that Clerk documents; their data is handed on as it is. */
export type OtherEventType = 'invitation.accepted' | 'invitation.created' | 'invitation.revoked'

export type WebhookEventType = keyof WebhookEventData | OtherEventType

/** By name, so that a type without its name here does not compile. */
const EVENT_TYPES: Readonly<Record<WebhookEventType, true>> = {
  'user.created': true,
  'user.updated': true,
  'user.deleted': true,
  'session.created': true,
  'session.pending': true,
  'session.ended': true,
  'session.removed': true,
  'session.revoked': true,
  'organization.created': true,
  'organization.updated': true,
  'organization.deleted': true,
  'organizationMembership.created': true,
  'organizationMembership.updated': true,
  'organizationMembership.deleted': true,
  'organizationDomain.created': true,
  'organizationDomain.updated': true,
  'organizationDomain.deleted': true,
  'organizationInvitation.created': true,
  'organizationInvitation.accepted': true,
  'organizationInvitation.revoked': true,
  'role.created': true,
  'role.updated': true,
  'role.deleted': true,
  'permission.created': true,
  'permission.updated': true,
  'permission.deleted': true,
  'subscription.created': true,
  'subscription.updated': true,
  'subscription.active': true,
  'subscription.pastDue': true,
  'subscriptionItem.created': true,
  'subscriptionItem.updated': true,
  'subscriptionItem.active': true,
  'subscriptionItem.upcoming': true,
  'subscriptionItem.freeTrialEnding': true,
  'subscriptionItem.canceled': true,
  'subscriptionItem.pastDue': true,
  'subscriptionItem.ended': true,
  'subscriptionItem.abandoned': true,
  'subscriptionItem.incomplete': true,
  'paymentAttempt.created': true,
  'paymentAttempt.updated': true,
  'email.created': true,
  'sms.created': true,
  'waitlistEntry.created': true,
  'waitlistEntry.updated': true,
  'invitation.accepted': true,
  'invitation.created': true,
  'invitation.revoked': true
}

/** Types of events that Clerk documents. It may send others, which it has added since. */
export const eventTypes: readonly string[] = Object.keys(EVENT_TYPES)

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
