import { type MatchFunction, match } from 'path-to-regexp'

/** The organization that a URL names, by id or by slug, or the personal account. */
export interface OrganizationTarget {
  readonly kind: 'id' | 'slug' | 'personal'
  /** Value of FAPI's parameter `organization_id`: id or slug; empty for the personal account. */
  readonly value: string
}

const PERSONAL_ACCOUNT: OrganizationTarget = Object.freeze({ kind: 'personal', value: '' })

/**
 * Compiles patterns in path-to-regexp 6 syntax, tried in order (state/README.md section 7.2): they match the whole path
 * in any case, and values stay percent-encoded. Throws for a pattern that does not compile.
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
