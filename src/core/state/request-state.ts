import type { Auth, TokenType } from '../auth/types.js'
import type { VerifiedToken } from '../token/verified-token.js'

export type Carrier = 'header' | 'cookie'

/** The answer of the state machine for one request. The plugin applies it: auth, response headers, redirect. */
export interface RequestState {
  readonly status: 'signed-in' | 'signed-out' | 'handshake'
  readonly tokenType: TokenType | null
  /** What the route sees. With a handshake: the signed-out auth, for routes that never redirect. */
  readonly auth: Auth
  /** The session token behind a signed-in state: has the auth that a pending session gets, and when it runs out. */
  readonly verified: VerifiedToken | null
  readonly reason: string | null
  readonly message: string | null
  /** Redirect target (307) of a handshake, or of the development clean-up redirect in any status. */
  readonly location: string | null
  /** Response headers besides `x-clerk-auth-*` and `location`, e.g. `cache-control`; `Set-Cookie` apart. */
  readonly headers: Readonly<Record<string, string>> | null
  readonly setCookies: readonly string[]
}
