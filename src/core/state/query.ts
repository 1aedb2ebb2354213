import type { Carried } from '../request/carried.js'

/** Clerk's query parameters of the public URL (state/README.md section 2.6). Absent and empty are both `''`. */
export interface ClerkQuery {
  readonly devBrowser: string
  /** True also for an empty parameter (state/README.md row 6). */
  readonly hasDevBrowser: boolean
  readonly handshake: string
  readonly handshakeNonce: string
  /** `true`: this satellite has been synced; `false`: it asks to be. */
  readonly synced: string
  readonly redirectUrl: string
}

const NO_PARAMETERS: ClerkQuery = Object.freeze({
  devBrowser: '',
  hasDevBrowser: false,
  handshake: '',
  handshakeNonce: '',
  synced: '',
  redirectUrl: ''
})

export function readClerkQuery(carried: Carried): ClerkQuery {
  if (!mayNameClerkParameter(carried.target)) return NO_PARAMETERS
  const parameters = carried.url.searchParams
  const devBrowser = parameters.get('__clerk_db_jwt')
  return {
    devBrowser: devBrowser ?? '',
    hasDevBrowser: devBrowser !== null,
    handshake: parameters.get('__clerk_handshake') ?? '',
    handshakeNonce: parameters.get('__clerk_handshake_nonce') ?? '',
    synced: parameters.get('__clerk_synced') ?? '',
    redirectUrl: parameters.get('__clerk_redirect_url') ?? ''
  }
}

/**
 * Whether the query of a request target may name one of Clerk's parameters. Almost no request has one: it stays on the
 * hot path, and its URL is not parsed. Names may be written as they are or with characters percent-encoded: `%5F` is
 * the underscore, `%6…` and `%7…` are the lower-case letters. True for some queries without
 * a parameter of Clerk's, never false for a query with one.
 */
export function mayNameClerkParameter(target: string): boolean {
  const query = target.indexOf('?')
  if (query === -1) return false
  if (target.indexOf('__clerk_', query) !== -1) return true
  if (target.indexOf('%', query) === -1) return false
  return target.indexOf('%5', query) !== -1 || target.indexOf('%6', query) !== -1 || target.indexOf('%7', query) !== -1
}
