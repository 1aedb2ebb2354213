import { OptionValueError } from '../core/errors.js'
import { checkWholeNumber } from '../core/options/checks.js'
import { choice, record, requiredText, text } from '../core/options/readers.js'
import { type OptionTable, option, readMembers } from '../core/options/table.js'
import { createId, randomText } from './ids.js'
import { lifetimeInSeconds, moment, nameList, nullable, permissionList } from './inputs.js'

/** The active organization of a session token. */
export interface TokenOrganization {
  readonly id: string
  readonly slug?: string | undefined
  /** With or without `org:`. */
  readonly role?: string | undefined
  /** Each as `org:<feature>:<permission>`. */
  readonly permissions?: readonly string[] | undefined
  /** Features of the organization, besides those that its permissions name. */
  readonly features?: readonly string[] | undefined
  readonly plans?: readonly string[] | undefined
}

export interface SessionTokenInput {
  /** Default `user_local`. */
  readonly userId?: string | undefined
  /** Default: random. Null: a token without `sid`. */
  readonly sessionId?: string | null | undefined
  readonly org?: TokenOrganization | null | undefined
  /** Features of the user. */
  readonly features?: readonly string[] | undefined
  readonly plans?: readonly string[] | undefined
  /** Claims to add or replace; `undefined` removes a claim. */
  readonly claims?: Readonly<Record<string, unknown>> | undefined
  /** Version of the claims (claim `v`). Default 2. */
  readonly version?: 1 | 2 | undefined
  /** Moment of `iat`, ms since the epoch. Default: now. */
  readonly issuedAtMs?: number | undefined
  /** Default: the instance's `tokenLifetimeInMs`. Negative: the token has expired already. */
  readonly expiresInSeconds?: number | undefined
  /** Origin of the page that fetched the token. Default: `LocalClerkOptions.azp`. Null: a token without `azp`. */
  readonly azp?: string | null | undefined
  /** Default `active`. */
  readonly status?: 'active' | 'pending' | undefined
  /** Minutes since the first and since the second factor was verified, -1: never. Default `[0, -1]`. */
  readonly factorVerificationAge?: readonly [number, number] | null | undefined
  /** The impersonator (claim `act`). */
  readonly actor?: Readonly<Record<string, unknown>> | undefined
  /** JOSE header parameters to add or replace; `undefined` removes a parameter. */
  readonly header?: Readonly<Record<string, unknown>> | undefined
  /** Name of the instance's key that signs, which may be a withdrawn one. Default: the current key. */
  readonly kid?: string | undefined
}

const TOKEN_ORGANIZATION = {
  id: requiredText(),
  slug: text({ default: null }),
  role: text({ default: null }),
  permissions: permissionList(),
  features: nameList(),
  plans: nameList()
} satisfies OptionTable<TokenOrganization>

export const SESSION_TOKEN = {
  userId: text({ default: null }),
  sessionId: nullable<string>(text({ default: null })),
  org: nullable<TokenOrganization>(
    option((given) => given.value !== undefined && readMembers(TOKEN_ORGANIZATION, given))
  ),
  features: nameList(),
  plans: nameList(),
  claims: record(),
  version: option<1 | 2, unknown>((given) => checkWholeNumber(given, { min: 1, max: 2 })),
  issuedAtMs: moment(),
  expiresInSeconds: lifetimeInSeconds(),
  azp: nullable<string>(text({ default: null })),
  status: choice(['active', 'pending'], { default: 'active' }),
  factorVerificationAge: option<readonly [number, number] | null, unknown>(({ name, value }) => {
    if (value === undefined || value === null) return
    const isPair = Array.isArray(value) && value.length === 2 && value.every(Number.isFinite)
    if (!isPair) throw new OptionValueError(name, 'two numbers of minutes, or null')
  }),
  actor: record(),
  header: record(),
  kid: text({ default: null })
} satisfies OptionTable<SessionTokenInput>

/** Claims in Clerk's order (auth/README.md section 1). */
export function createSessionClaims(
  input: SessionTokenInput,
  issuer: string,
  origin: string | null,
  nowMs: number,
  lifetimeSeconds: number
): Record<string, unknown> {
  const version = input.version ?? 2
  const iat = Math.floor((input.issuedAtMs ?? nowMs) / 1000)
  const azp = input.azp === undefined ? origin : input.azp
  const claims: Record<string, unknown> = {
    ...(azp !== null && { azp }),
    exp: iat + (input.expiresInSeconds ?? lifetimeSeconds),
    ...(version === 2 && { fea: encodeFeatures(input) }),
    ...(input.factorVerificationAge !== null && { fva: input.factorVerificationAge ?? [0, -1] }),
    iat,
    iss: issuer,
    ...(version === 2 && { jti: randomText(20).toLowerCase() }),
    nbf: iat - 10,
    ...(input.org &&
      (version === 2 ? { o: encodeOrganization(input.org, featuresOf(input.org)) } : flatClaims(input.org))),
    ...(version === 2 && { pla: encodeScopes(input.org?.plans ?? [], input.plans ?? []) }),
    ...(input.sessionId !== null && { sid: input.sessionId ?? createId('sess') }),
    sts: input.status ?? 'active',
    sub: input.userId ?? 'user_local',
    ...(input.actor && { act: input.actor }),
    ...(version === 2 && { v: 2 }),
    ...input.claims
  }
  if (claims.fea === '') delete claims.fea
  if (claims.pla === '') delete claims.pla
  return claims
}

/** Version 1 (the layout before 2025-04): one claim for each property. */
function flatClaims(org: TokenOrganization): Record<string, unknown> {
  return {
    org_id: org.id,
    ...(org.permissions && { org_permissions: org.permissions }),
    ...(org.role !== undefined && { org_role: org.role.startsWith('org:') ? org.role : `org:${org.role}` }),
    ...(org.slug !== undefined && { org_slug: org.slug })
  }
}

/** Version 2: each permission name once, and for each feature of the organization a bit mask over the names. */
function encodeOrganization(org: TokenOrganization, features: readonly string[]): Record<string, unknown> {
  const pairs = (org.permissions ?? []).map(splitPermission)
  const names = [...new Set(pairs.map(([, name]) => name))]
  const masks = features.map((feature) => {
    let mask = 0n
    for (const [owner, name] of pairs) if (owner === feature) mask |= 1n << BigInt(names.indexOf(name))
    return mask.toString()
  })
  return {
    ...(names.length > 0 && { fpm: masks.join(',') }),
    id: org.id,
    ...(names.length > 0 && { per: names.join(',') }),
    ...(org.role !== undefined && { rol: org.role.replace(/^org:/, '') }),
    ...(org.slug !== undefined && { slg: org.slug })
  }
}

function splitPermission(permission: string): [feature: string, name: string] {
  const [scope, feature, ...rest] = permission.split(':')
  return scope === 'org' ? [feature ?? '', rest.join(':')] : [scope ?? '', [feature, ...rest].join(':')]
}

function featuresOf(org: TokenOrganization): string[] {
  return [...new Set([...(org.permissions ?? []).map((name) => splitPermission(name)[0]), ...(org.features ?? [])])]
}

function encodeFeatures(input: SessionTokenInput): string {
  return encodeScopes(input.org ? featuresOf(input.org) : [], input.features ?? [])
}

/** Entries of the organization come first, in the order of their masks in `fpm`. */
function encodeScopes(ofOrganization: readonly string[], ofUser: readonly string[]): string {
  const shared = ofOrganization.map((name) => `${ofUser.includes(name) ? 'uo' : 'o'}:${name}`)
  const own = ofUser.filter((name) => !ofOrganization.includes(name)).map((name) => `u:${name}`)
  return [...shared, ...own].join(',')
}
