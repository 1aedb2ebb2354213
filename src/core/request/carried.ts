/**
 * The request headers that the decision reads besides `Authorization` and `Cookie`, by the name of their value in `Carried`.
 * The hot path reads them too: test/core/state/deciding-headers.test.ts varies each of them and compares the answers, and
 * does not compile while it has no values for one.
 */
export const DECIDING_HEADERS = Object.freeze({
  secFetchDest: 'sec-fetch-dest',
  accept: 'accept',
  referer: 'referer'
} as const)

/** Absent, and there twice where it may be there once, are both `''`. */
export type DecidingHeaders = { readonly [Name in keyof typeof DECIDING_HEADERS]: string }

/**
 * What a request carries, as far as authentication looks at it: a plain record, so that the state machine runs without
 * a server. Absent and empty are both `''` (state/README.md section 2).
 */
export interface Carried extends DecidingHeaders {
  readonly method: string
  /**
   * The public URL (`clerkUrl`): scheme and host as far as `trustProxy` lets forwarded headers count. Best a getter that
   * parses once: a request that carries a known token and no Clerk query parameter never asks for it.
   */
  readonly url: URL
  /** The request target as received, or at least its query: tells without parsing that there is none. */
  readonly target: string
  /** Token of the `Authorization` header (state/README.md section 2.3). */
  readonly headerToken: string
  readonly cookies: CarriedCookies
  /**
   * Request headers as received, lower-case names: only the refresh call passes them on (state/README.md section 6).
   */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

/** Cookie values after percent-decoding, first occurrence of a name (state/README.md section 2.5). */
export interface CarriedCookies {
  session: string
  sessionSuffixed: string
  clientUat: string
  clientUatSuffixed: string
  devBrowser: string
  devBrowserSuffixed: string
  refreshSuffixed: string
  handshake: string
  handshakeNonce: string
  redirectCount: string
}
