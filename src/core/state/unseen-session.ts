import type { UnverifiedToken } from '../token/unverified-token.js'
import { isSessionToken, namesParty } from './token-kind.js'

/** A session token that is not in memory, of a request that is plainly signed in by it if it is good. */
export class UnseenSession {
  readonly text: string
  /** Length of the header that memory may keep with the token instead of a copy; 0: none. */
  readonly retainedLength: number
  /** `__client_uat` of its cookie family, in seconds; null: the token is of the `Authorization` header. */
  readonly clientUat: number | null

  constructor(text: string, retainedLength: number, clientUat: number | null) {
    this.text = text
    this.retainedLength = retainedLength
    this.clientUat = clientUat
  }
}

/**
 * The token, decoded, if the state machine would have it verified next and sign the request in should it be good; null: the
 * request is for the state machine from its beginning. Numbers are rows of the decision table (state/README.md section 4.3).
 */
export type FirstSeen = (session: UnseenSession) => UnverifiedToken | null

export interface FirstSeenSettings {
  /** FAPI host whose `iss` makes a token this instance's own; null when the instance is not known. */
  readonly originalFrontendApi: string | null
  /** Decodes a text that `recall` has just not found; null for what is no JWT. */
  readonly decodeUnseen: (text: string, retainedLength: number) => UnverifiedToken | null
}

export function compileFirstSeen({ originalFrontendApi, decodeUnseen }: FirstSeenSettings): FirstSeen {
  const ownIssuer = `https://${originalFrontendApi}`

  return function firstSeen({ text, retainedLength, clientUat }) {
    const token = decodeUnseen(text, retainedLength)
    // 11, 12
    if (token === null || !isSessionToken(token)) return null
    if (clientUat === null) return token
    const { claims } = token
    // A foreign issuer makes the suffixed cookies count (state/README.md rule 2); tokens without `azp` are counted.
    if (claims.iss !== ownIssuer || !namesParty(claims)) return null
    // 13
    return typeof claims.iat === 'number' && claims.iat < clientUat ? null : token
  }
}
