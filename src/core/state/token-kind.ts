import type { TokenType } from '../auth/types.js'
import { isOfMachine } from '../token/claims.js'
import type { UnverifiedToken } from '../token/decode.js'
import { isAccessToken, parseJoseHeader } from '../token/jose-header.js'

/** The machine token type that an opaque token's prefix announces. Case-sensitive, whatever follows. */
export function machineTypeOfPrefix(token: string): Exclude<TokenType, 'session_token'> | null {
  if (token.startsWith('mt_')) return 'm2m_token'
  if (token.startsWith('oat_')) return 'oauth_token'
  if (token.startsWith('ak_')) return 'api_key'
  return null
}

export function machineTypeOfJwt(token: UnverifiedToken): 'm2m_token' | 'oauth_token' | null {
  if (isOfMachine(token.claims)) return 'm2m_token'
  return isAccessToken(token.header) ? 'oauth_token' : null
}

/** Row 12: machine tokens, template tokens and unknown categories never name a user session (S-7, S-8). */
export function isSessionToken(token: UnverifiedToken): boolean {
  return !isOfMachine(token.claims) && parseJoseHeader(token.header).category === 'session'
}
