import { isUtf8 } from 'node:buffer'
import { decodeBase64url } from '../base64url.js'

/**
 * Longest token that is looked at, in characters. Browsers keep at most 4 KiB a cookie and Node 16 KiB of headers, so no
 * real token comes near; the bound keeps the work for a forged one small.
 */
export const MAX_TOKEN_LENGTH = 8192

export type JsonObject = { readonly [member: string]: unknown }

/** Where the parts of a JWS compact serialisation lie (RFC 7515 section 7.1). */
export interface TokenParts {
  readonly headerEnd: number
  readonly payloadEnd: number
}

// One token is looked at at a time, so none needs buffers of its own; a view into one is good until the next token.
const text = Buffer.allocUnsafeSlow(MAX_TOKEN_LENGTH)
const part = Buffer.allocUnsafeSlow(MAX_TOKEN_LENGTH)
const signature = Buffer.allocUnsafeSlow(MAX_TOKEN_LENGTH)

/** Where the three parts of a token lie. Null: not three parts, or too long. What they hold is checked when it is read. */
export function splitToken(token: string): TokenParts | null {
  if (token.length > MAX_TOKEN_LENGTH) return null
  const headerEnd = token.indexOf('.')
  if (headerEnd < 1) return null
  // A third dot (a five-part JWE, two tokens run together) makes the signature no base64url.
  const payloadEnd = token.indexOf('.', headerEnd + 1)
  return payloadEnd < headerEnd + 2 ? null : { headerEnd, payloadEnd }
}

/**
 * The JSON object that a part of a token encodes, or null: for what is no canonical base64url of it, and for arrays, `null`
 * and other JSON values, which are no JWT part (RFC 7519 section 7.2).
 */
export function parsePart(encoded: string): JsonObject | null {
  const length = decodeBase64url(encoded, part)
  if (length === -1) return null
  const json = part.toString('utf8', 0, length)
  // Octets that are no UTF-8 are all read as U+FFFD: different texts, one claim (RFC 8725 section 3.7).
  if (json.includes('\uFFFD') && !isUtf8(part.subarray(0, length))) return null
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch {
    return null
  }
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : null
}

// Whose signature the buffer holds: it is read once to see whether it is one, and again to be verified.
let signed = ''
let signatureBytes: Uint8Array = signature.subarray(0, 0)

/** The bytes of a token's signature, or null when it is no canonical base64url. A view. */
export function readSignature(token: string, parts: TokenParts): Uint8Array | null {
  if (signed === token) return signatureBytes
  signed = ''
  const length = decodeBase64url(token.slice(parts.payloadEnd + 1), signature)
  if (length === -1) return null
  if (signatureBytes.length !== length) signatureBytes = signature.subarray(0, length)
  signed = token
  return signatureBytes
}

// Deciding about a request reads its token several times over: for its kind, its issuer, its age, and to verify it.
let claimed = ''
let claimsOfIt: JsonObject | null = null

/** The claims of a token that nobody has checked yet, or null when its payload is no JSON object. Not to be written to. */
export function readClaims(token: string, parts: TokenParts): JsonObject | null {
  if (claimed === token) return claimsOfIt
  const claims = parsePart(token.slice(parts.headerEnd + 1, parts.payloadEnd))
  // Here and not later: once a token has been accepted its claims are frozen.
  if (claims !== null) shareTexts(claims)
  claimsOfIt = claims
  claimed = token
  return claims
}

let lastIssuer = ''
let lastParty = ''

/** Nearly all tokens name one issuer and one party: one text of each will do for all that are kept. */
function shareTexts(claims: { iss?: unknown; azp?: unknown }): void {
  if (claims.iss === lastIssuer) claims.iss = lastIssuer
  else if (typeof claims.iss === 'string') lastIssuer = claims.iss
  if (claims.azp === lastParty) claims.azp = lastParty
  else if (typeof claims.azp === 'string') lastParty = claims.azp
}

/** The bytes that the signature is over (RFC 7515 section 5.2) of a token whose parts have been read. A view. */
export function readSigningInput(token: string, parts: TokenParts): Uint8Array {
  return text.subarray(0, text.write(token, 0, parts.payloadEnd, 'latin1'))
}

/** A copy of a token's text: what was received may be a slice that would keep a whole Cookie header in memory. */
export function copyOf(token: string): string {
  return text.toString('latin1', 0, text.write(token, 'latin1'))
}

// All tokens of a key have one header: its text is nearly always that of the token before.
let headed = ''
let headerOfIt: JsonObject | null = null

function readHeader(token: string, parts: TokenParts): JsonObject | null {
  const encoded = token.slice(0, parts.headerEnd)
  if (headed === encoded) return headerOfIt
  const header = parsePart(encoded)
  if (header === null) return null
  headerOfIt = header
  // A copy: a slice would keep its token in memory. Of Latin-1 only, which text that encodes something is.
  headed = copyOf(encoded)
  return header
}

export interface UnverifiedToken {
  readonly header: JsonObject
  readonly claims: JsonObject
}

let decoded = ''
let decodedToken: UnverifiedToken | null = null

/** Header and claims of a token whose signature nobody has checked: every member is hostile input. Not to be written to. */
export function decodeUnverified(token: string): UnverifiedToken | null {
  if (decoded === token) return decodedToken
  decodedToken = decode(token)
  decoded = token
  return decodedToken
}

function decode(token: string): UnverifiedToken | null {
  const parts = splitToken(token)
  if (parts === null || readSignature(token, parts) === null) return null
  const header = readHeader(token, parts)
  const claims = header && readClaims(token, parts)
  return header === null || claims === null ? null : { header, claims }
}
