/** Exact origins, or a function that says `true` of an accepted origin. An empty list: not checked. */
export type AuthorizedParties = readonly string[] | ((azp: string) => boolean)

export function isUnchecked(parties: AuthorizedParties): boolean {
  return typeof parties !== 'function' && parties.length === 0
}

/** Only `true` accepts: a promise is truthy. A function that throws accepts nobody, and no request fails by it. */
export function isAuthorized(parties: AuthorizedParties, azp: string): boolean {
  if (typeof parties !== 'function') return parties.includes(azp)
  try {
    return parties(azp) === true
  } catch {
    return false
  }
}
