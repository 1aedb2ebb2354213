import { FastifyRequest, FastifyBaseLogger, FastifyPluginAsync } from 'fastify'
import { RevocationTarget } from '../index.cjs'
import { RedisClient } from '../revocation/index.cjs'
type DeliveryState = 'new' | 'done' | 'busy' | 'unknown'
interface Deliveries {
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
}
type OtherEventType =
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
type WebhookEventType = keyof WebhookEventData | OtherEventType
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
  readonly bodyLimit?: number | undefined
  readonly answerTimeoutInMs?: number | undefined
  readonly deliveries?: Deliveries | undefined
}
declare const webhooks: FastifyPluginAsync<WebhooksOptions>
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
export { createRedisDeliveries, webhooks as default, parseEvent, verifyWebhook, webhooks }
export type {
  DeletedEventData,
  Deliveries,
  DeliveryState,
  OrganizationEventData,
  OrganizationMembershipEventData,
  OtherEventData,
  OtherEventType,
  RedisDeliveriesOptions,
  Revoke,
  SessionEventData,
  UserEventData,
  VerifyWebhookOptions,
  WebhookContext,
  WebhookEvent,
  WebhookEventData,
  WebhookEventType,
  WebhookHandler,
  WebhookHandlers,
  WebhooksOptions
}
