import type { Carried } from '../request/carried.js'

/** Clerk's query parameters of the public URL (state/README.md section 2.6). Absent and empty are both `''`. */
export interface ClerkQuery {
  readonly devBrowser: string
  /** Present, even empty (state/README.md row 6). */
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
  if (!mayHaveParameters(carried.target)) return NO_PARAMETERS
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

/** Almost no request has a Clerk parameter: then its URL is not parsed. A percent sign may spell one (`__clerk%5F…`). */
function mayHaveParameters(target: string): boolean {
  return target.includes('?') && (target.includes('__clerk') || target.includes('%'))
}
