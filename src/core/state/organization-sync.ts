import { type MatchFunction, match } from 'path-to-regexp'
import type { SignedInAuth } from '../auth/types.js'
import type { Carried } from '../request/carried.js'
import type { StateContext } from './context.js'
import { redirectCount, tryHandshake } from './handshake-attempt.js'
import type { RequestState } from './request-state.js'

/** The organization that a URL is about: by id, by slug, or the personal account. */
export interface OrganizationTarget {
  readonly kind: 'id' | 'slug' | 'personal'
  /** As FAPI takes it in `organization_id`: id or slug, empty for the personal account. */
  readonly value: string
}

const PERSONAL_ACCOUNT: OrganizationTarget = Object.freeze({ kind: 'personal', value: '' })

/**
 * Patterns in path-to-regexp 6 syntax, alternatives in order; whole path, case-insensitive, values not percent-decoded
 * (protocol reference, section 6.9). Throws for a pattern that does not compile.
 */
export function compileOrganizationTarget(
  organizationPatterns: readonly string[],
  personalAccountPatterns: readonly string[]
): (pathname: string) => OrganizationTarget | null {
  const matchOrganization = compilePatterns(organizationPatterns)
  const matchPersonal = compilePatterns(personalAccountPatterns)

  return (pathname) => {
    const found = matchOrganization(pathname)
    if (found !== false) {
      const { id, slug } = found.params
      if (id) return { kind: 'id', value: String(id) }
      if (slug) return { kind: 'slug', value: String(slug) }
    }
    return matchPersonal(pathname) === false ? null : PERSONAL_ACCOUNT
  }
}

type Params = { id?: string | string[]; slug?: string | string[] }

function compilePatterns(patterns: readonly string[]): MatchFunction<Params> {
  return patterns.length === 0 ? () => false : match<Params>([...patterns])
}

/** Row 16: the handshake that makes FAPI activate the organization of the URL, or null when there is nothing to do. */
export function syncOrganization(context: StateContext, carried: Carried, auth: SignedInAuth): RequestState | null {
  const { organizationTarget } = context.settings
  if (organizationTarget === null || !context.settings.handshake) return null
  // A pending session has tasks to finish before it has an organization; no user has none.
  if (auth.sessionStatus === 'pending' || auth.userId === '') return null
  const target = organizationTarget(carried.url.pathname)
  if (target === null || isActive(target, auth)) return null
  if (redirectCount(carried) >= 3) {
    context.effects.log.warn(
      {},
      'Clerk: the organization of the URL could not be activated after three redirects; the request goes on with the ' +
        'one that is active. The route must check the organization itself.'
    )
    return null
  }
  const state = tryHandshake(context, carried, 'active-organization-mismatch', '')
  return state.status === 'handshake' ? state : null
}

function isActive(target: OrganizationTarget, auth: SignedInAuth): boolean {
  if (target.kind === 'id') return target.value === auth.orgId
  if (target.kind === 'slug') return target.value === auth.orgSlug
  return !auth.orgId
}
