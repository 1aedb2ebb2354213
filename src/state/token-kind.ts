import type { TokenType } from '../auth/types.js'
import type { UnverifiedToken } from '../token/decode.js'
import { parseJoseHeader } from '../token/jose-header.js'

/** M2M tokens name a machine as their subject (protocol reference, section 7.1). */
const MACHINE_SUBJECT = 'mch_'

/** The machine token type that an opaque token's prefix announces. Case-sensitive, whatever follows. */
export function machineTypeOfPrefix(token: string): Exclude<TokenType, 'session_token'> | null {
  if (token.startsWith('mt_')) return 'm2m_token'
  if (token.startsWith('oat_')) return 'oauth_token'
  if (token.startsWith('ak_')) return 'api_key'
  return null
}

export function machineTypeOfJwt(token: UnverifiedToken): 'm2m_token' | 'oauth_token' | null {
  const { sub } = token.claims
  if (typeof sub === 'string' && sub.startsWith(MACHINE_SUBJECT)) return 'm2m_token'
  const { typ } = token.header
  return typ === 'at+jwt' || typ === 'application/at+jwt' ? 'oauth_token' : null
}

/** Row 12: machine tokens, template tokens and unknown categories never name a user session (S-7, S-8). */
export function isSessionToken(token: UnverifiedToken): boolean {
  return machineTypeOfJwt(token) === null && parseJoseHeader(token.header).category === 'session'
}
