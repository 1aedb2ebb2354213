import { Logger, RevocationTarget } from '../index.cjs'
import { FastifyRequest, FastifyBaseLogger, FastifyPluginAsync } from 'fastify'
import { PostgresPool, RedisClient } from '../revocation/index.cjs'
type DeliveryState = 'new' | 'done' | 'busy' | 'unknown'
interface Deliveries {
  open?(logger: Logger): void
  begin(id: string, timestamp: number): DeliveryState | Promise<DeliveryState>
  end(id: string, succeeded: boolean): void | Promise<void>
  close?(): void | Promise<void>
}
interface UserEventData {
  readonly id: string
  readonly banned?: boolean
  readonly locked?: boolean
  readonly [field: string]: unknown
}
interface DeletedEventData {
  readonly id?: string
  readonly deleted: boolean
  readonly [field: string]: unknown
}
interface SessionEventData {
  readonly id: string
  readonly user_id: string
  readonly client_id?: string
  readonly status?: string
  readonly [field: string]: unknown
}
interface OrganizationEventData {
  readonly id: string
  readonly name?: string
  readonly slug?: string | null
  readonly [field: string]: unknown
}
interface OrganizationMembershipEventData {
  readonly id: string
  readonly role?: string
  readonly organization: {
    readonly id: string
    readonly [field: string]: unknown
  }
  readonly public_user_data: {
    readonly user_id: string
    readonly [field: string]: unknown
  }
  readonly [field: string]: unknown
}
interface OtherEventData {
  readonly [field: string]: unknown
}
interface OrganizationDomainEventData {
  readonly id: string
  readonly name?: string
  readonly organization_id?: string
  readonly enrollment_mode?: string
  readonly [field: string]: unknown
}
interface OrganizationInvitationEventData {
  readonly id: string
  readonly organization_id?: string
  readonly email_address?: string
  readonly role?: string
  readonly status?: string
  readonly user_id?: string
  readonly [field: string]: unknown
}
interface RoleEventData {
  readonly id: string
  readonly key?: string
  readonly name?: string
  readonly permissions?: readonly PermissionEventData[]
  readonly [field: string]: unknown
}
interface PermissionEventData {
  readonly id: string
  readonly key?: string
  readonly name?: string
  readonly [field: string]: unknown
}
interface EmailEventData {
  readonly id: string
  readonly to_email_address?: string
  readonly user_id?: string | null
  readonly slug?: string | null
  readonly delivered_by_clerk?: boolean
  readonly [field: string]: unknown
}
interface SmsEventData {
  readonly id: string
  readonly to_phone_number?: string
  readonly user_id?: string
  readonly slug?: string | null
  readonly delivered_by_clerk?: boolean
  readonly [field: string]: unknown
}
interface WaitlistEntryEventData {
  readonly id: string
  readonly email_address?: string
  readonly status?: string
  readonly [field: string]: unknown
}
interface BillingPayer {
  readonly id: string
  readonly user_id?: string
  readonly organization_id?: string
  readonly email?: string
  readonly [field: string]: unknown
}
interface SubscriptionEventData {
  readonly id: string
  readonly status?: string
  readonly payer: BillingPayer
  readonly items?: readonly SubscriptionItemEventData[]
  readonly [field: string]: unknown
}
interface SubscriptionItemEventData {
  readonly id: string
  readonly status?: string
  readonly payer?: BillingPayer
  readonly plan?: {
    readonly id: string
    readonly slug: string
    readonly name: string
  } | null
  readonly period_end?: number | null
  readonly [field: string]: unknown
}
interface PaymentAttemptEventData {
  readonly id: string
  readonly status?: string
  readonly payer: BillingPayer
  readonly charge_type?: string
  readonly [field: string]: unknown
}
interface WebhookEventData {
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
type OtherEventType = 'invitation.accepted' | 'invitation.created' | 'invitation.revoked'
type WebhookEventType = keyof WebhookEventData | OtherEventType
declare const eventTypes: readonly string[]
interface WebhookEvent<Type extends string = string> {
  readonly type: Type
  readonly object: 'event'
  readonly data: Type extends keyof WebhookEventData ? WebhookEventData[Type] : OtherEventData
  readonly timestamp?: number
  readonly instance_id?: string
  readonly event_attributes?: {
    readonly http_request?: {
      readonly client_ip?: string
      readonly user_agent?: string
    }
  }
}
declare function parseEvent(body: string): WebhookEvent | null
type Data = Readonly<Record<string, unknown>>
declare const EVENT_RULES: {
  readonly 'session.revoked': {
    readonly byDefault: true
    readonly target: typeof sessionOf
    readonly ends: 'for good'
  }
  readonly 'session.ended': {
    readonly byDefault: true
    readonly target: typeof sessionOf
    readonly ends: 'for good'
  }
  readonly 'session.removed': {
    readonly byDefault: true
    readonly target: typeof sessionOf
    readonly ends: 'for good'
  }
  readonly 'user.deleted': {
    readonly byDefault: true
    readonly target: typeof userOf
    readonly ends: 'for good'
  }
  readonly 'user.updated': {
    readonly byDefault: true
    readonly target: typeof bannedOrLocked
    readonly ends: 'before'
  }
  readonly 'organization.deleted': {
    readonly byDefault: true
    readonly target: typeof organizationOf
    readonly ends: 'for good'
  }
  readonly 'organizationMembership.updated': {
    readonly byDefault: true
    readonly target: typeof membershipOf
    readonly ends: 'before'
  }
  readonly 'organizationMembership.deleted': {
    readonly byDefault: true
    readonly target: typeof membershipOf
    readonly ends: 'before'
  }
  readonly 'role.updated': {
    readonly byDefault: false
    readonly target: typeof everySession
    readonly ends: 'before'
  }
  readonly 'role.deleted': {
    readonly byDefault: false
    readonly target: typeof everySession
    readonly ends: 'before'
  }
  readonly 'permission.updated': {
    readonly byDefault: false
    readonly target: typeof everySession
    readonly ends: 'before'
  }
  readonly 'permission.deleted': {
    readonly byDefault: false
    readonly target: typeof everySession
    readonly ends: 'before'
  }
  readonly 'subscription.updated': {
    readonly byDefault: false
    readonly target: typeof payerOf
    readonly ends: 'before'
  }
  readonly 'subscription.pastDue': {
    readonly byDefault: false
    readonly target: typeof payerOf
    readonly ends: 'before'
  }
  readonly 'subscriptionItem.ended': {
    readonly byDefault: false
    readonly target: typeof payerOf
    readonly ends: 'before'
  }
  readonly 'subscriptionItem.pastDue': {
    readonly byDefault: false
    readonly target: typeof payerOf
    readonly ends: 'before'
  }
}
type RuledEventType = keyof typeof EVENT_RULES
type RevokeOnEventType = {
  [Type in RuledEventType]: (typeof EVENT_RULES)[Type]['byDefault'] extends true ? never : Type
}[RuledEventType]
declare function sessionOf({ id }: Data):
  | 'malformed'
  | {
      sessionId: string
    }
declare function userOf({ id }: Data):
  | 'malformed'
  | {
      userId: string
    }
declare function bannedOrLocked({ id, banned, locked }: Data):
  | 'malformed'
  | {
      userId: string
      readonly only?: never
    }
  | {
      readonly userId: string
      readonly only: 'sessions'
    }
  | null
declare function organizationOf({ id }: Data):
  | 'malformed'
  | {
      organizationId: string
    }
declare function membershipOf({ organization, public_user_data: user }: Data):
  | 'malformed'
  | {
      organizationId: string
      userId: string
    }
declare function everySession(): {
  readonly everyone: true
  readonly only: 'sessions'
}
declare function payerOf({ payer }: Data):
  | 'malformed'
  | {
      readonly organizationId: string
      readonly only: 'sessions'
      readonly userId?: never
    }
  | {
      readonly userId: string
      readonly only: 'sessions'
      readonly organizationId?: never
    }
interface WebhookContext {
  readonly id: string
  readonly request: FastifyRequest
  readonly log: FastifyBaseLogger
}
type WebhookHandler<Type extends string = string> = (event: WebhookEvent<Type>, context: WebhookContext) => unknown
type WebhookHandlers = {
  readonly [Type in WebhookEventType]?: WebhookHandler<Type> | undefined
} & {
  readonly '*'?: WebhookHandler | undefined
}
type Revoke = (target: RevocationTarget, at?: number | Date) => unknown
interface WebhooksOptions {
  readonly path?: string | undefined
  readonly signingSecret?: string | readonly string[] | undefined
  readonly on?: WebhookHandlers | undefined
  readonly revoke?: false | Revoke | undefined
  readonly revokeOn?: readonly RevokeOnEventType[] | undefined
  readonly bodyLimit?: number | undefined
  readonly answerTimeoutInMs?: number | undefined
  readonly deliveries?: Deliveries | undefined
}
declare const webhooks: FastifyPluginAsync<WebhooksOptions>
interface PostgresDeliveriesOptions {
  readonly pool: PostgresPool
  readonly table?: string | undefined
  readonly createTable?: boolean | undefined
  readonly busyInMs?: number | undefined
}
declare function deliveryTableSql(table?: string): string
declare function createPostgresDeliveries(options: PostgresDeliveriesOptions): Deliveries
interface RedisDeliveriesOptions {
  readonly client: RedisClient
  readonly keyPrefix?: string | undefined
  readonly busyInMs?: number | undefined
}
declare function createRedisDeliveries(options: RedisDeliveriesOptions): Deliveries
interface VerifyWebhookOptions {
  readonly signingSecret?: string | readonly string[] | undefined
  readonly rawBody?: string | Buffer | undefined
}
declare function verifyWebhook(
  request: Pick<FastifyRequest, 'headers' | 'body'>,
  options?: VerifyWebhookOptions
): Promise<WebhookEvent>
export {
  createPostgresDeliveries,
  createRedisDeliveries,
  webhooks as default,
  deliveryTableSql,
  eventTypes,
  parseEvent,
  verifyWebhook,
  webhooks
}
export type {
  BillingPayer,
  DeletedEventData,
  Deliveries,
  DeliveryState,
  EmailEventData,
  OrganizationDomainEventData,
  OrganizationEventData,
  OrganizationInvitationEventData,
  OrganizationMembershipEventData,
  OtherEventData,
  OtherEventType,
  PaymentAttemptEventData,
  PermissionEventData,
  PostgresDeliveriesOptions,
  RedisDeliveriesOptions,
  Revoke,
  RevokeOnEventType,
  RoleEventData,
  SessionEventData,
  SmsEventData,
  SubscriptionEventData,
  SubscriptionItemEventData,
  UserEventData,
  VerifyWebhookOptions,
  WaitlistEntryEventData,
  WebhookContext,
  WebhookEvent,
  WebhookEventData,
  WebhookEventType,
  WebhookHandler,
  WebhookHandlers,
  WebhooksOptions
}
