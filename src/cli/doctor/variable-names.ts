import { OPTIONS } from '../../core/options/instance-options.js'
import type { Reader } from '../../core/options/table.js'
import { findNearMiss } from '../../core/options/unknown-option.js'
import type { Variables } from './environment.js'
import { type Finding, finding } from './finding.js'

/** Every variable that the plugin reads. */
export const VARIABLES = Object.values<Reader<unknown>>(OPTIONS).flatMap(({ variable }) => variable ?? [])

/** Prefixes with which build tools hand a variable on to the browser. */
export const PREFIXES = [
  'NEXT_PUBLIC_',
  'VITE_',
  'REACT_APP_',
  'EXPO_PUBLIC_',
  'NUXT_PUBLIC_',
  'GATSBY_',
  'PUBLIC_'
] as const

/** Variables that a server needs, and that a frontend has under a name of its own. */
const KEYS = ['CLERK_PUBLISHABLE_KEY', 'CLERK_SECRET_KEY']

/** Names that are taken for a variable of ours, and unlike it: most are of earlier versions of Clerk's SDKs. */
const MISNAMED: Readonly<Record<string, string>> = {
  CLERK_API_KEY: 'CLERK_SECRET_KEY',
  CLERK_SECRET: 'CLERK_SECRET_KEY',
  CLERK_KEY: 'CLERK_SECRET_KEY',
  CLERK_SK: 'CLERK_SECRET_KEY',
  CLERK_PUBLIC_KEY: 'CLERK_PUBLISHABLE_KEY',
  CLERK_PUBLISHABLE: 'CLERK_PUBLISHABLE_KEY',
  CLERK_PUBLISHABLE_API_KEY: 'CLERK_PUBLISHABLE_KEY',
  CLERK_PK: 'CLERK_PUBLISHABLE_KEY',
  CLERK_FRONTEND_API: 'CLERK_PUBLISHABLE_KEY',
  CLERK_JWT_PUBLIC_KEY: 'CLERK_JWT_KEY',
  CLERK_PEM_PUBLIC_KEY: 'CLERK_JWT_KEY',
  CLERK_WEBHOOK_SECRET: 'CLERK_WEBHOOK_SIGNING_SECRET',
  CLERK_WEBHOOK_SIGNING_KEY: 'CLERK_WEBHOOK_SIGNING_SECRET',
  CLERK_JWKS_URL: 'CLERK_API_URL',
  CLERK_JWKS_URI: 'CLERK_API_URL',
  CLERK_SATELLITE: 'CLERK_IS_SATELLITE',
  CLERK_SATELLITE_DOMAIN: 'CLERK_DOMAIN'
}

/** Variables that have no effect, each with the variable that it was likely meant for. */
export function examineNames(env: Variables): readonly Finding[] {
  const isSet = (name: string) => env[name] !== undefined && env[name] !== ''
  return Object.keys(env)
    .filter(isSet)
    .flatMap((name) => {
      const option = optionMeantBy(name)
      if (option !== null)
        return finding('variable-misnamed', [name], `Give the option ${option}: no variable sets it.`)
      const meant = meantBy(name)
      if (meant === null) return []
      if (name.startsWith(BYTE_ORDER_MARK)) return finding('variable-misnamed', [meant], MARKED)
      return finding(isSet(meant) ? 'variable-beside' : 'variable-misnamed', [name], `This server reads ${meant}.`)
    })
}

const BYTE_ORDER_MARK = '\ufeff'
const MARKED = 'A byte order mark stands before its name: save the environment file as UTF-8 without one.'

export function isForBrowsers(name: string): boolean {
  return PREFIXES.some((prefix) => name.startsWith(prefix))
}

/** Null: the name is a variable of ours, or has nothing to do with any. */
function meantBy(name: string): string | null {
  if (VARIABLES.includes(name)) return null
  const prefix = PREFIXES.find((each) => name.startsWith(each)) ?? ''
  const bare = name.slice(prefix.length)
  const meant = Object.hasOwn(MISNAMED, bare) ? (MISNAMED[bare] ?? null) : misspelt(bare)
  // The rest of what a frontend reads does not concern this server.
  return prefix === '' || (meant !== null && KEYS.includes(meant)) ? meant : null
}

/** A name from which a slip of two letters leads to another: only those of that length are compared loosely. */
const LEAST_LENGTH = 'CLERK_SECRET_KEY'.length

/** An option that is given in the code alone, where the variable is named as it would be; null: none. */
function optionMeantBy(name: string): string | null {
  const found = Object.entries<Reader<unknown>>(OPTIONS).find(
    ([option, { variable }]) => variable === undefined && letters(name) === `CLERK${letters(option)}`
  )
  return found?.[0] ?? null
}

function misspelt(name: string): string | null {
  const same = VARIABLES.find((variable) => letters(variable) === letters(name))
  if (same !== undefined) return same
  // The slip may be in the first word.
  if (!/^(?:CLERK|[CLERK]{4,6}_)/i.test(name)) return null
  return findNearMiss(
    name,
    VARIABLES.filter(({ length }) => length >= LEAST_LENGTH)
  )
}

function letters(name: string): string {
  return name.replaceAll(/[^a-z\d]/gi, '').toUpperCase()
}
