/** The origin (claim `azp`) of tokens for which the test names none. */
export interface TokenOrigin {
  /** The origin of a token that a test makes. Null: no `azp`. */
  ofTest(): string | null
  /** The origin of a token that a handshake or refresh brings to a page. */
  ofPage(origin: string): string | null
  /** The origin of a token that a page's own script fetches; null: the browser does not say which page. */
  ofScript(origin: string | null): string | null
  /** Gives later tokens an origin that an application with this `authorizedParties` accepts. */
  follow(authorizedParties: unknown): void
  /** Whether the application accepts that origin by name. */
  isParty(origin: string): boolean
}

const DEFAULT_ORIGIN = 'https://app.local.test'

/** `fixed`: the origin of all tokens; null: no token has an `azp`; undefined: the origin follows the application. */
export function createTokenOrigin(fixed: string | null | undefined): TokenOrigin {
  let parties: readonly string[] = []
  return {
    ofTest: () => (fixed === undefined ? (parties[0] ?? DEFAULT_ORIGIN) : fixed),
    ofPage(origin) {
      if (fixed !== undefined) return fixed
      return parties.includes(origin) ? origin : (parties[0] ?? origin)
    },
    ofScript: (origin) => (fixed === undefined ? origin : fixed),
    follow(authorizedParties) {
      if (!Array.isArray(authorizedParties)) return
      parties = authorizedParties.filter((party) => typeof party === 'string')
    },
    isParty: (origin) => parties.includes(origin)
  }
}
