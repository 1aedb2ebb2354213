import type { HasParams, ReverificationConfig, SignedInAuth } from './types.js'

export type HasSubject = Pick<
  SignedInAuth,
  'userId' | 'sessionClaims' | 'orgId' | 'orgRole' | 'orgPermissions' | 'factorVerificationAge'
>

/**
 * Whether the subject meets every condition given (auth/README.md section 6). Fails closed: no condition, a condition
 * of the wrong type, or a claim that cannot be read give `false`; nothing throws.
 */
export function checkAuthorization(subject: HasSubject, params: HasParams): boolean {
  if (typeof params !== 'object' || params === null || subject.userId === '') return false
  const { role, permission, feature, plan, reverification } = params
  let asked = false
  if (role !== undefined) {
    if (!hasRole(subject, role)) return false
    asked = true
  }
  if (permission !== undefined) {
    if (!hasPermission(subject, permission)) return false
    asked = true
  }
  if (feature !== undefined) {
    if (!isGranted(subject.sessionClaims.fea, feature)) return false
    asked = true
  }
  if (plan !== undefined) {
    if (!isGranted(subject.sessionClaims.pla, plan)) return false
    asked = true
  }
  if (reverification !== undefined) {
    if (!isVerifiedRecently(subject.factorVerificationAge, reverification)) return false
    asked = true
  }
  return asked
}

function hasRole(subject: HasSubject, role: unknown): boolean {
  if (!subject.orgId || !subject.orgRole || typeof role !== 'string') return false
  return withPrefix(subject.orgRole) === withPrefix(role)
}

function hasPermission(subject: HasSubject, permission: unknown): boolean {
  if (!subject.orgId || subject.orgPermissions === undefined || typeof permission !== 'string') return false
  return (subject.orgPermissions as readonly string[]).includes(withPrefix(permission))
}

/** The name with one `org:` in front, however many it has. */
function withPrefix(name: string): string {
  let start = 0
  while (name.startsWith('org:', start)) start += 4
  return start === 4 ? name : `org:${name.slice(start)}`
}

const ORGANIZATION = 1
const USER = 2

// Maps, not object literals: `constructor` and the like must not name a scope, a preset or a level.
const requestedScopes = new Map([
  ['o', ORGANIZATION],
  ['org', ORGANIZATION],
  ['organization', ORGANIZATION],
  ['u', USER],
  ['user', USER]
])
const claimedScopes = new Map([
  ['o', ORGANIZATION],
  ['u', USER],
  ['ou', ORGANIZATION | USER],
  ['uo', ORGANIZATION | USER]
])

/** Whether a list of `scope:id` (claims `fea` and `pla`) holds the requested `id` or `scope:id`. */
function isGranted(claim: unknown, requested: unknown): boolean {
  if (typeof claim !== 'string' || typeof requested !== 'string') return false
  const [first = '', second] = requested.split(':')
  const scope = second === undefined ? ORGANIZATION | USER : (requestedScopes.get(first) ?? 0)
  const id = second ?? first
  if (scope === 0 || id === '') return false
  let granted = false
  for (const entry of claim.split(',')) {
    const item = entry.trim()
    const colon = item.indexOf(':')
    if (colon === -1) return false
    const itemScope = claimedScopes.get(item.slice(0, colon)) ?? 0
    if ((itemScope & scope) !== 0 && item.slice(colon + 1) === id) granted = true
  }
  return granted
}

interface Reverification {
  readonly level: string
  readonly afterMinutes: number
}

const levels = new Set(['first_factor', 'second_factor', 'multi_factor'])
const presets = new Map<unknown, Reverification>([
  ['strict_mfa', { level: 'multi_factor', afterMinutes: 10 }],
  ['strict', { level: 'second_factor', afterMinutes: 10 }],
  ['moderate', { level: 'second_factor', afterMinutes: 60 }],
  ['lax', { level: 'second_factor', afterMinutes: 1440 }]
])

/** Whether the value is a preset or a well-formed configuration. For any other value `has()` is `false`. */
export function isReverificationConfig(value: unknown): value is ReverificationConfig {
  return resolveReverification(value) !== null
}

/** The level and age that a preset stands for; null: the value is no valid configuration. */
export function resolveReverification(value: unknown): Reverification | null {
  if (typeof value !== 'object' || value === null) return presets.get(value) ?? null
  const { level, afterMinutes } = value as Reverification
  if (!levels.has(level) || typeof afterMinutes !== 'number' || !(afterMinutes > 0)) return null
  return value as Reverification
}

function isVerifiedRecently(ages: readonly [number, number] | null, requested: unknown): boolean {
  const config = resolveReverification(requested)
  if (ages === null || config === null) return false
  const [first, second] = ages
  const firstFresh = first !== -1 && first < config.afterMinutes
  const secondFresh = second !== -1 && second < config.afterMinutes
  // For a user without a second factor the first factor counts, whatever the level.
  if (config.level === 'first_factor' || second === -1) return firstFresh
  return config.level === 'second_factor' ? secondFresh : firstFresh && secondFresh
}
