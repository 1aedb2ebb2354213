import { createOAuthClients, type OAuthClients } from './clients.js'
import { createGrants, type Grant, type Grants, MAX_GRANTS } from './grants.js'

/** What the authorization server of an instance remembers. */
export interface OAuthState {
  readonly clients: OAuthClients
  readonly grants: Grants
  /** Form of the access tokens: a JWT is good until it expires, an opaque one until it is revoked. */
  readonly tokenFormat: 'jwt' | 'opaque'
  /** Opaque access tokens with what they were issued for, so that they end with it; the newest `MAX_GRANTS`. */
  readonly accessTokens: Map<string, Grant>
}

/** Notes an opaque access token. Returns the one that has to go for it, if any. */
export function noteAccessToken({ accessTokens }: OAuthState, token: string, grant: Grant): string | null {
  accessTokens.set(token, grant)
  const [oldest] = accessTokens.keys()
  if (accessTokens.size <= MAX_GRANTS || oldest === undefined) return null
  accessTokens.delete(oldest)
  return oldest
}

export function createOAuthState(tokenFormat: OAuthState['tokenFormat']): OAuthState {
  return { clients: createOAuthClients(), grants: createGrants(), tokenFormat, accessTokens: new Map() }
}
