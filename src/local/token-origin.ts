/** The origin (claim `azp`) that tokens get where the test does not say it. */
export interface TokenOrigin {
  /** Of a token that a test makes. Null: no `azp`. */
  ofTest(): string | null
  /** Of a token that a page fetches. */
  ofPage(origin: string): string | null
  /** From now on tokens are such as an application with this option accepts. */
  follow(authorizedParties: unknown): void
}

const DEFAULT_ORIGIN = 'https://app.local.test'

/** With a `fixed` origin, or null for tokens without `azp`, nothing else counts. */
export function createTokenOrigin(fixed: string | null | undefined): TokenOrigin {
  let parties: readonly string[] = []
  return {
    ofTest: () => (fixed === undefined ? (parties[0] ?? DEFAULT_ORIGIN) : fixed),
    ofPage(origin) {
      if (fixed !== undefined) return fixed
      return parties.includes(origin) ? origin : (parties[0] ?? origin)
    },
    follow(authorizedParties) {
      if (!Array.isArray(authorizedParties)) return
      parties = authorizedParties.filter((party) => typeof party === 'string')
    }
  }
}
