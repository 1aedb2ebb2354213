import { decodeBase64url } from './base64url.js'

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

// One token is looked at at a time, so its bytes need no buffers of their own. Whoever comes back to a token after
// waiting for something loads it again.
const text = Buffer.allocUnsafeSlow(MAX_TOKEN_LENGTH)
const signature = Buffer.allocUnsafeSlow(MAX_TOKEN_LENGTH)
const part = Buffer.allocUnsafeSlow(MAX_TOKEN_LENGTH)
let signatureLength = 0
let loaded = ''

/**
 * Splits a token into three parts and decodes the signature. Null: not three parts, not ASCII, too long, or a signature that
 * is no canonical base64url. Header and payload are checked when they are parsed.
 */
export function loadToken(token: string): TokenParts | null {
  loaded = ''
  if (token.length > MAX_TOKEN_LENGTH) return null
  const headerEnd = token.indexOf('.')
  if (headerEnd < 1) return null
  const payloadEnd = token.indexOf('.', headerEnd + 1)
  if (payloadEnd < headerEnd + 2) return null
  // UTF-8, because it makes more bytes of what is not ASCII; Latin-1 would quietly make other characters of it.
  if (text.write(token) !== token.length) return null
  // A third dot (a five-part JWE, two tokens run together) is no base64url character.
  signatureLength = decodeBase64url(text, payloadEnd + 1, token.length, signature)
  if (signatureLength === -1) return null
  loaded = token
  return { headerEnd, payloadEnd }
}

/** The bytes that the signature is over (RFC 7515 section 5.2). A view: valid until another token is loaded. */
export function signingInputOf(token: string, parts: TokenParts): Uint8Array {
  if (loaded !== token) loadToken(token)
  return text.subarray(0, parts.payloadEnd)
}

/** The bytes of the signature. A view: valid until another token is loaded. */
export function signatureOf(token: string): Uint8Array {
  if (loaded !== token) loadToken(token)
  return signature.subarray(0, signatureLength)
}

/** A copy of a token's text: what was received may be a slice that would keep a whole Cookie header in memory. */
export function copyOf(token: string): string {
  if (loaded !== token) loadToken(token)
  return text.toString('latin1', 0, token.length)
}

/**
 * The JSON object that a part of the token encodes, or null: what is no canonical base64url of it, and arrays, `null` and
 * other JSON values, which are no JWT part (RFC 7519 section 7.2).
 */
export function parsePart(token: string, start: number, end: number): JsonObject | null {
  if (loaded !== token) loadToken(token)
  const length = decodeBase64url(text, start, end, part)
  if (length === -1) return null
  let value: unknown
  try {
    value = JSON.parse(part.toString('utf8', 0, length))
  } catch {
    return null
  }
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : null
}

export interface UnverifiedToken {
  readonly header: JsonObject
  readonly claims: JsonObject
}

/** Header and claims of a token whose signature nobody has checked: every member is hostile input. */
export function decodeUnverified(token: string): UnverifiedToken | null {
  const parts = loadToken(token)
  if (parts === null) return null
  const header = parsePart(token, 0, parts.headerEnd)
  const claims = header && parsePart(token, parts.headerEnd + 1, parts.payloadEnd)
  return header === null || claims === null ? null : { header, claims }
}
