/**
 * The request headers that the decision reads besides `Authorization` and `Cookie`, by the name of their value in
 * `Carried`. The hot path reads them too: test/core/state/deciding-headers.test.ts varies each of them and compares the
 * answers, and does not compile while it has no values for one.
 */
export const DECIDING_HEADERS = Object.freeze({
  secFetchDest: 'sec-fetch-dest',
  accept: 'accept',
  referer: 'referer'
} as const)

/** `''` for a header that is absent, and for one that Node gives as a list. */
export type DecidingHeaders = { readonly [Name in keyof typeof DECIDING_HEADERS]: string }

/**
 * What authentication reads of a request, as a plain record, so that the state machine runs without a server. Absent
 * and empty are both `''` (state/README.md section 2).
 */
export interface Carried extends DecidingHeaders {
  readonly method: string
  /**
   * The public URL (`clerkUrl`). Forwarded headers count as far as `trustProxy` says. Implement it as a getter that
   * parses once: most requests never ask for it.
   */
  readonly url: URL
  /** The request target as received, with its query. */
  readonly target: string
  /** Token of the `Authorization` header (state/README.md section 2.3). */
  readonly headerToken: string
  /** Length of the header that memory may keep with that token instead of a copy; 0 or absent: none. */
  readonly retainedLength?: number
  readonly cookies: CarriedCookies
  /**
   * Request headers as received, names in lower case. Only for the refresh call, which passes them on (state/README.md
   * section 6): the decision reads `DecidingHeaders`, or the hot path would not know.
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
