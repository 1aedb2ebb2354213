import { type MatchFunction, match } from 'path-to-regexp'

/** The organization that a URL is about: by id, by slug, or the personal account. */
export interface OrganizationTarget {
  readonly kind: 'id' | 'slug' | 'personal'
  /** As FAPI takes it in `organization_id`: id or slug, empty for the personal account. */
  readonly value: string
}

const PERSONAL_ACCOUNT: OrganizationTarget = Object.freeze({ kind: 'personal', value: '' })

/**
 * Patterns in path-to-regexp 6 syntax, alternatives in order; whole path, case-insensitive, values not percent-decoded
 * (state/README.md section 7.2). Throws for a pattern that does not compile.
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
