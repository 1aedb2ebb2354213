import { pathToRegexp } from 'path-to-regexp'
import { OptionPatternError } from '../errors.js'
import { checkTextList } from './checks.js'
import type { Given } from './given.js'
import { group, type Option, type OptionTable, option, type SettingsOf } from './table.js'

/** Patterns in the syntax of path-to-regexp 6, e.g. `/orgs/:slug/(.*)`; parameters `:id` and `:slug` name the organization. */
export interface OrganizationSyncOptions {
  /** Pages of an organization. A handshake activates it when the session has another one active. Default: none. */
  readonly organizationPatterns?: readonly string[] | undefined
  /** Pages of the personal account. A handshake activates it when the session has an organization active. Default: none. */
  readonly personalAccountPatterns?: readonly string[] | undefined
}

const ORGANIZATION_SYNC = {
  organizationPatterns: option<readonly string[], readonly string[]>(readPatterns),
  personalAccountPatterns: option<readonly string[], readonly string[]>(readPatterns)
} satisfies OptionTable<OrganizationSyncOptions>

const patterns = group(ORGANIZATION_SYNC)

/** `null`: not given, no page is synced. */
export const organizationSync: Option<OrganizationSyncOptions, SettingsOf<typeof ORGANIZATION_SYNC> | null> = {
  members: ORGANIZATION_SYNC,
  read: (given) => (given.value === undefined ? null : patterns.read(given))
}

function readPatterns(given: Given): readonly string[] {
  const texts = checkTextList(given) ?? Object.freeze([])
  for (const [index, pattern] of texts.entries()) {
    if (!matchesPaths(pattern)) throw new OptionPatternError(`${given.name}[${index}]`)
  }
  return texts
}

/**
 * False for a pattern that does not compile, and for one such as `orgs/:slug`: each path begins with a slash. A pattern that
 * begins with a parameter, a group, an escape or a dot, the prefix of a parameter, may match the slash or nothing there.
 */
function matchesPaths(pattern: string): boolean {
  try {
    pathToRegexp(pattern)
  } catch {
    return false
  }
  return /^[/(:{\\.]/.test(pattern)
}
