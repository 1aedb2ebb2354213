import type { Later } from '../later.js'
import { isSignature, type JsonObject, MAX_TOKEN_LENGTH, parsePart } from './decode.js'
import type { HeaderTable } from './header-table.js'
import type { JoseHeader } from './jose-header.js'
import type { VerificationFailure, VerificationOutcome } from './outcome.js'
import type { VerifiedToken } from './verified-token.js'

/**
 * A JWT as it was received, split and decoded once; its signature has not been checked. Header and claims are hostile input,
 * and not to be written to.
 */
export class UnverifiedToken {
  readonly text: string
  /**
   * `text` may be a view into a header. Length of that header if memory may keep it with the token; 0: the text has to be
   * copied.
   */
  readonly retainedLength: number
  /** Where the signing input ends (RFC 7515 section 5.2): at the dot before the signature. */
  readonly payloadEnd: number
  /** The JOSE header, all members. */
  readonly header: JsonObject
  /** The members of the header that verification looks at. */
  readonly jose: JoseHeader
  readonly claims: JsonObject
  /** Not null: the token was verified before, and memory refuses it now. */
  refusal: VerificationFailure | null
  /** Kept by the verifier. Not null: its signature was good before, and memory accepts it now. */
  verified: VerifiedToken | null = null
  /** Kept by the verifier. Not null: the token is being verified, and this is the answer to all who bring it meanwhile. */
  pending: Later<VerificationOutcome> | null = null
  /** Kept by the verifier: it was brought again while it was being verified. */
  isShared = false
  /** Kept by the table of tokens in flight: its hash, and the next one of its bucket. */
  tailHash = 0
  nextInFlight: UnverifiedToken | null = null

  constructor(
    text: string,
    payloadEnd: number,
    header: JsonObject,
    jose: JoseHeader,
    claims: JsonObject,
    refusal: VerificationFailure | null,
    retainedLength = 0
  ) {
    this.text = text
    this.retainedLength = retainedLength
    this.payloadEnd = payloadEnd
    this.header = header
    this.jose = jose
    this.claims = claims
    this.refusal = refusal
  }
}

/** Gives null for a text that is not a JWT: token/README.md section 1 says what is. The other two are kept on the token. */
export type TokenDecoder = (
  text: string,
  refusal?: VerificationFailure | null,
  retainedLength?: number
) => UnverifiedToken | null

export function createTokenDecoder(headers: HeaderTable): TokenDecoder {
  // Most tokens of an instance have the `iss` and `azp` of the token before. They are given its strings, so that a cache of N
  // tokens does not hold N copies.
  let lastIssuer = ''
  let lastParty = ''

  function shareTexts(claims: { iss?: unknown; azp?: unknown }): void {
    if (claims.iss === lastIssuer) claims.iss = lastIssuer
    else if (typeof claims.iss === 'string') lastIssuer = claims.iss
    if (claims.azp === lastParty) claims.azp = lastParty
    else if (typeof claims.azp === 'string') lastParty = claims.azp
  }

  return function decode(text, refusal = null, retainedLength = 0) {
    if (text.length > MAX_TOKEN_LENGTH) return null
    const headerEnd = text.indexOf('.')
    const payloadEnd = text.indexOf('.', headerEnd + 1)
    if (headerEnd < 1 || payloadEnd < headerEnd + 2) return null
    // A third dot (a five-part JWE, two tokens run together) is in the signature, which is then not base64url.
    if (!isSignature(text.slice(payloadEnd + 1))) return null
    const header = headers.read(text, headerEnd)
    if (header === null) return null
    const claims = parsePart(text.slice(headerEnd + 1, payloadEnd))
    if (claims === null) return null
    // Before anybody else sees the claims: they are frozen once the token is accepted.
    shareTexts(claims)
    return new UnverifiedToken(text, payloadEnd, header.members, header.jose, claims, refusal, retainedLength)
  }
}
