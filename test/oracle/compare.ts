import { isDeepStrictEqual } from 'node:util'
import type { Observed } from './observed.js'

export interface Difference {
  readonly field: string
  readonly ours: unknown
  readonly theirs: unknown
}

/** Compares two answers field by field, and their locations parameter by parameter, in order. */
export function compare(ours: Observed, theirs: Observed): Difference[] {
  if (theirs.threw !== null) return [{ field: 'threw', ours: `${ours.status} ${ours.reason}`, theirs: theirs.threw }]
  const differences: Difference[] = []
  const check = (field: string, a: unknown, b: unknown) => {
    if (!isDeepStrictEqual(a, b)) differences.push({ field, ours: a, theirs: b })
  }
  for (const field of ['status', 'tokenType', 'reason', 'message', 'headers', 'setCookies', 'has'] as const) {
    check(field, ours[field], theirs[field])
  }
  for (const [name, value] of entriesOf(locationParts(theirs.location), locationParts(ours.location))) {
    check(`location ${name}`, locationParts(ours.location)[name], value)
  }
  if (ours.auth === null || theirs.auth === null) {
    check('auth', ours.auth, theirs.auth)
  } else {
    // Properties of an unauthenticated auth: null on our side, and absent on theirs for some token types.
    const plain = (value: unknown) => (theirs.auth?.isAuthenticated === false ? (value ?? null) : value)
    for (const [name, value] of Object.entries(theirs.auth)) check(`auth.${name}`, plain(ours.auth[name]), plain(value))
  }
  return differences
}

function entriesOf(a: Record<string, unknown>, b: Record<string, unknown>): [string, unknown][] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].map((name) => [name, a[name]])
}

function locationParts(location: string | null): Record<string, unknown> {
  if (location === null) return { url: null }
  const url = new URL(location)
  const names = [...url.searchParams.keys()]
  return {
    url: `${url.origin}${url.pathname}${url.hash}`,
    parameters: names,
    ...Object.fromEntries(names.map((name) => [name, url.searchParams.getAll(name)]))
  }
}
