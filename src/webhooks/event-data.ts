// The data of Clerk's events: the fields that applications ask for most, and those that this package reads. All others are
// there as Clerk sends them. `test/webhooks/event-types.test.ts` compares the types with Clerk's own.

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

export interface OrganizationDomainEventData {
  readonly id: string
  readonly name?: string
  readonly organization_id?: string
  readonly enrollment_mode?: string
  readonly [field: string]: unknown
}

export interface OrganizationInvitationEventData {
  readonly id: string
  readonly organization_id?: string
  readonly email_address?: string
  readonly role?: string
  readonly status?: string
  /** Of an accepted invitation. */
  readonly user_id?: string
  readonly [field: string]: unknown
}

export interface RoleEventData {
  readonly id: string
  readonly key?: string
  readonly name?: string
  readonly permissions?: readonly PermissionEventData[]
  readonly [field: string]: unknown
}

export interface PermissionEventData {
  readonly id: string
  readonly key?: string
  readonly name?: string
  readonly [field: string]: unknown
}

export interface EmailEventData {
  readonly id: string
  readonly to_email_address?: string
  readonly user_id?: string | null
  readonly slug?: string | null
  readonly delivered_by_clerk?: boolean
  readonly [field: string]: unknown
}

export interface SmsEventData {
  readonly id: string
  readonly to_phone_number?: string
  readonly user_id?: string
  readonly slug?: string | null
  readonly delivered_by_clerk?: boolean
  readonly [field: string]: unknown
}

export interface WaitlistEntryEventData {
  readonly id: string
  readonly email_address?: string
  readonly status?: string
  readonly [field: string]: unknown
}

/** Whoever pays for a plan: an organization, or else a user. */
export interface BillingPayer {
  readonly id: string
  readonly user_id?: string
  readonly organization_id?: string
  readonly email?: string
  readonly [field: string]: unknown
}

/** A payer's subscription: one for each, with an item for each plan. */
export interface SubscriptionEventData {
  readonly id: string
  readonly status?: string
  readonly payer: BillingPayer
  readonly items?: readonly SubscriptionItemEventData[]
  readonly [field: string]: unknown
}

/** A payer's plan. */
export interface SubscriptionItemEventData {
  readonly id: string
  readonly status?: string
  readonly payer?: BillingPayer
  readonly plan?: { readonly id: string; readonly slug: string; readonly name: string } | null
  /** End of the paid period, in ms since the epoch; null: the plan has no end. */
  readonly period_end?: number | null
  readonly [field: string]: unknown
}

export interface PaymentAttemptEventData {
  readonly id: string
  readonly status?: string
  readonly payer: BillingPayer
  readonly charge_type?: string
  readonly [field: string]: unknown
}
