/** The answer of one side, in a form that can be compared. */
export interface Observed {
  readonly threw: string | null
  readonly status: string
  readonly tokenType: string | null
  readonly reason: string | null
  /** `none`, `text`, or the tail that clients rely on. */
  readonly message: string
  readonly location: string | null
  /** All but location and set-cookie. */
  readonly headers: Readonly<Record<string, string>>
  readonly setCookies: readonly string[]
  /** Null with a handshake. */
  readonly auth: Readonly<Record<string, unknown>> | null
  readonly has: readonly boolean[]
}

const AUTH_FIELDS = [
  'tokenType',
  'isAuthenticated',
  'userId',
  'sessionId',
  'sessionClaims',
  'sessionStatus',
  'actor',
  'orgId',
  'orgRole',
  'orgSlug',
  'orgPermissions',
  'factorVerificationAge',
  'id',
  'subject',
  'scopes',
  'name',
  'claims',
  'machineId',
  'clientId'
]

export function authFields(auth: object): Record<string, unknown> {
  const fields = auth as Record<string, unknown>
  return Object.fromEntries(AUTH_FIELDS.map((name) => [name, fields[name]]))
}

/** The conditions that both sides' `has()` is asked for. */
export const QUESTIONS = [
  {},
  { role: 'admin' },
  { role: 'org:admin' },
  { role: 'org:member' },
  { permission: 'org:docs:read' },
  { permission: 'docs:share' },
  { permission: 'org:billing:edit' },
  { permission: 'org:billing:read' },
  { feature: 'docs' },
  { feature: 'user:beta' },
  { feature: 'org:beta' },
  { plan: 'pro' },
  { plan: 'u:free' },
  { reverification: 'strict' },
  { reverification: 'lax' },
  { reverification: 'strict_mfa' },
  { reverification: { level: 'first_factor', afterMinutes: 6 } },
  { role: 'org:admin', permission: 'org:docs:read' },
  { role: 'org:admin', feature: 'nothing' },
  { permission: 'org:docs:read', reverification: 'moderate' }
] as const

export function messageForm(message: string | null | undefined): string {
  if (!message) return 'none'
  return /\((?:reason|code)=[^)]*\)$/.exec(message)?.[0] ?? 'text'
}

export const NOTHING: Observed = {
  threw: null,
  status: '',
  tokenType: null,
  reason: null,
  message: '',
  location: null,
  headers: {},
  setCookies: [],
  auth: null,
  has: []
}
