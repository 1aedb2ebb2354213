import { type Key, pathToRegexp } from 'path-to-regexp'
import type { SignedInAuth } from '../auth/types.js'

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
  const keys: Key[] = []
  const organization = compilePatterns(organizationPatterns, keys)
  const personal = compilePatterns(personalAccountPatterns, [])
  const readId = compileReader(keys, 'id')
  const readSlug = compileReader(keys, 'slug')

  return (pathname) => {
    const found = organization?.exec(pathname) ?? null
    if (found !== null) {
      const id = readId(found)
      if (id !== null) return { kind: 'id', value: id }
      const slug = readSlug(found)
      if (slug !== null) return { kind: 'slug', value: slug }
    }
    return personal?.test(pathname) === true ? PERSONAL_ACCOUNT : null
  }
}

/** Whether the organization that a URL names is the active one of the session. */
export function isOfActiveOrganization(target: OrganizationTarget, auth: SignedInAuth): boolean {
  if (target.kind === 'id') return target.value === auth.orgId
  if (target.kind === 'slug') return target.value === auth.orgSlug
  return !auth.orgId
}

function compilePatterns(patterns: readonly string[], keys: Key[]): RegExp | null {
  return patterns.length === 0 ? null : pathToRegexp([...patterns], keys)
}

/**
 * Reads one parameter of a match as path-to-regexp's `match` does, without its object of all parameters, which costs more than
 * the match. Of several with this name the last counts; null: it is absent or empty. A repeated one (`:id+`) is a list.
 */
function compileReader(keys: readonly Key[], name: 'id' | 'slug'): (found: RegExpExecArray) => string | null {
  const groups = keys
    .map((key, i) => ({
      key,
      index: i + 1,
      isRepeated: key.modifier === '*' || key.modifier === '+'
    }))
    .filter(({ key }) => key.name === name)
    .reverse()

  return (found) => {
    for (const { key, index, isRepeated } of groups) {
      const text = found[index]
      if (text === undefined) continue
      if (isRepeated) return text.split(key.prefix + key.suffix).join()
      return text === '' ? null : text
    }
    return null
  }
}
