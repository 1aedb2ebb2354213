import type { LocalClient, SignInAttempt, SignUpAttempt } from '../clients.js'
import { liveSession, tokenOfSession } from '../directives.js'
import { emailOf, type LocalMembership, type LocalSession, type LocalUser } from '../directory.js'
import type { LocalState } from '../state.js'

// The resources of FAPI, as clerk-js reads them. Times are in milliseconds. Images are left out: initials are drawn, and
// no request goes to an image host.

type Shape = Record<string, unknown>

const NO_IMAGE = { image_url: '', has_image: false } as const

export function clientShape(state: LocalState, client: LocalClient, origin: string | null): Shape {
  const session = liveSession(state, client)
  return {
    object: 'client',
    id: client.id,
    sessions: session === undefined ? [] : [sessionShape(state, session, origin)],
    sign_in: client.signIn === null ? null : signInShape(state, client.signIn),
    sign_up: client.signUp === null ? null : signUpShape(client.signUp),
    last_active_session_id: session?.id ?? null,
    // Null, or clerk-js would ask for the cookie to be renewed.
    cookie_expires_at: null,
    captcha_bypass: false,
    created_at: client.updatedAtMs,
    // clerk-js makes `__client_uat` of it, which must not be later than the `iat` of a token of this session.
    updated_at: client.updatedAtMs
  }
}

export function sessionShape(state: LocalState, session: LocalSession, origin: string | null): Shape {
  const user = state.directory.user(session.userId)
  const jwt = tokenOfSession(state, session, { azp: state.tokenOrigin.ofScript(origin) })
  return {
    ...commonSession(state, session),
    last_active_token: { object: 'token', jwt },
    tasks: null,
    factor_verification_age: [Math.floor((state.now() - session.createdAtMs) / 60_000), -1],
    user: user === undefined ? null : userShape(state, user, session.createdAtMs),
    public_user_data: user === undefined ? null : publicUserData(user)
  }
}

/** The members of a session that FAPI and BAPI share. */
export function commonSession(state: LocalState, session: LocalSession): Shape {
  return {
    object: 'session',
    id: session.id,
    status: session.status,
    last_active_organization_id: session.activeOrgId,
    actor: null,
    created_at: session.createdAtMs,
    updated_at: session.createdAtMs,
    last_active_at: state.now(),
    expire_at: session.createdAtMs + WEEK_MS,
    abandon_at: session.createdAtMs + 4 * WEEK_MS
  }
}

const WEEK_MS = 7 * 24 * 3_600_000

/** The user as FAPI and BAPI show it. */
export function userShape(state: LocalState, user: LocalUser, atMs: number): Shape {
  return {
    object: 'user',
    id: user.id,
    username: null,
    ...names(user),
    ...NO_IMAGE,
    primary_email_address_id: emailId(user),
    primary_phone_number_id: null,
    primary_web3_wallet_id: null,
    email_addresses: [
      {
        object: 'email_address',
        id: emailId(user),
        email_address: emailOf(user),
        verification: { status: 'verified', strategy: 'email_code', attempts: null, expire_at: null },
        linked_to: []
      }
    ],
    phone_numbers: [],
    web3_wallets: [],
    passkeys: [],
    external_accounts: [],
    enterprise_accounts: [],
    organization_memberships: (user.memberships ?? []).map((membership) =>
      membershipShape(state, user, membership, atMs)
    ),
    password_enabled: user.password !== undefined,
    two_factor_enabled: false,
    totp_enabled: false,
    backup_code_enabled: false,
    create_organization_enabled: false,
    delete_self_enabled: false,
    public_metadata: {},
    unsafe_metadata: {},
    external_id: null,
    banned: false,
    locked: false,
    deprovisioned: false,
    legal_accepted_at: null,
    locale: null,
    timezone: null,
    create_organizations_limit: null,
    last_active_at: atMs,
    last_sign_in_at: atMs,
    created_at: atMs,
    updated_at: atMs
  }
}

export function membershipShape(state: LocalState, user: LocalUser, membership: LocalMembership, atMs: number): Shape {
  const { orgId, role, permissions = [] } = membership
  const organization = state.directory.organization(orgId)
  return {
    object: 'organization_membership',
    id: `orgmem_${orgId}_${user.id}`,
    role: role.startsWith('org:') ? role : `org:${role}`,
    role_name: role.replace(/^org:/, ''),
    permissions,
    organization: {
      object: 'organization',
      id: orgId,
      slug: organization?.slug ?? orgId,
      name: organization?.name ?? organization?.slug ?? orgId,
      ...NO_IMAGE,
      members_count: state.directory.memberCount(orgId),
      pending_invitations_count: 0,
      max_allowed_memberships: 0,
      admin_delete_enabled: false,
      public_metadata: {},
      created_at: atMs,
      updated_at: atMs
    },
    public_user_data: publicUserData(user),
    public_metadata: {},
    created_at: atMs,
    updated_at: atMs
  }
}

/** A sign-in that is under way; with the session's id, one that is complete. */
export function signInShape(state: LocalState, attempt: SignInAttempt, createdSessionId: string | null = null): Shape {
  const user = attempt.userId === null ? undefined : state.directory.user(attempt.userId)
  const strategy = attempt.isCodeSent
    ? { status: 'unverified', strategy: 'email_code', attempts: 0, expire_at: null }
    : null
  return {
    object: 'sign_in',
    id: attempt.id,
    status: signInStatus(attempt, createdSessionId),
    created_session_id: createdSessionId,
    identifier: attempt.identifier,
    supported_identifiers: ['email_address'],
    supported_first_factors: user === undefined ? null : firstFactors(user),
    supported_second_factors: null,
    first_factor_verification: createdSessionId === null ? strategy : { status: 'verified', strategy: 'password' },
    second_factor_verification: null,
    user_data: user === undefined ? null : { ...names(user), ...NO_IMAGE }
  }
}

function signInStatus({ userId }: SignInAttempt, createdSessionId: string | null): string {
  if (createdSessionId !== null) return 'complete'
  return userId === null ? 'needs_identifier' : 'needs_first_factor'
}

/** A sign-up that is under way; with a session and its user, one that is complete. */
export function signUpShape({ id, fields }: SignUpAttempt, created: LocalSession | null = null): Shape {
  const missing = [...(fields.email ? [] : ['email_address']), ...(fields.password ? [] : ['password'])]
  return {
    object: 'sign_up_attempt',
    id,
    status: created === null ? 'missing_requirements' : 'complete',
    required_fields: ['email_address', 'password'],
    optional_fields: ['first_name', 'last_name'],
    missing_fields: missing,
    unverified_fields: [],
    verifications: { email_address: null, phone_number: null, web3_wallet: null, external_account: null },
    username: null,
    email_address: fields.email ?? null,
    phone_number: null,
    web3_wallet: null,
    first_name: fields.firstName ?? null,
    last_name: fields.lastName ?? null,
    has_password: Boolean(fields.password),
    unsafe_metadata: {},
    created_session_id: created?.id ?? null,
    created_user_id: created?.userId ?? null,
    abandon_at: null
  }
}

/** Any user can sign in by a code, which is 424242 as for the test addresses of Clerk. */
function firstFactors(user: LocalUser): Shape[] {
  const code = {
    strategy: 'email_code',
    email_address_id: emailId(user),
    safe_identifier: emailOf(user),
    primary: true
  }
  return user.password === undefined ? [code] : [{ strategy: 'password' }, code]
}

export function emailId(user: LocalUser): string {
  return `idn_${user.id}`
}

function names(user: LocalUser): Shape {
  const [first = null, ...rest] = (user.name ?? '').split(' ').filter((word) => word !== '')
  return { first_name: first, last_name: rest.length > 0 ? rest.join(' ') : null }
}

function publicUserData(user: LocalUser): Shape {
  return { ...names(user), ...NO_IMAGE, identifier: emailOf(user), user_id: user.id }
}
