import { isUtf8 } from 'node:buffer'
import { isBase64url } from './base64url.js'

/**
 * Longest token that is looked at, in characters. Browsers keep at most 4 KiB a cookie and Node 16 KiB of headers, so no
 * real token comes near; the bound keeps the work for a forged one small.
 */
export const MAX_TOKEN_LENGTH = 8192

export type JsonObject = { readonly [member: string]: unknown }

/** Where the three parts of a JWS compact serialisation lie (RFC 7515 section 7.1). */
export interface TokenParts {
  readonly headerEnd: number
  readonly payloadEnd: number
}

/** The parts of a token with exactly three canonical base64url parts, or null. No JSON is looked at. */
export function splitToken(token: string): TokenParts | null {
  if (token.length > MAX_TOKEN_LENGTH) return null
  const headerEnd = token.indexOf('.')
  if (headerEnd < 1) return null
  const payloadEnd = token.indexOf('.', headerEnd + 1)
  if (payloadEnd < headerEnd + 2) return null
  // A third dot (a five-part JWE, two tokens run together) is no base64url character.
  return isBase64url(token, 0, headerEnd) &&
    isBase64url(token, headerEnd + 1, payloadEnd) &&
    isBase64url(token, payloadEnd + 1, token.length)
    ? { headerEnd, payloadEnd }
    : null
}

/** The JSON object that `text` encodes, or null: arrays, `null` and other JSON values are no JWT part (RFC 7519 section 7.2). */
export function parseJsonPart(text: string): JsonObject | null {
  const bytes = Buffer.from(text, 'base64url')
  // Octets that are no UTF-8 would all be read as U+FFFD: different texts, one claim (RFC 8725 section 3.7).
  if (!isUtf8(bytes)) return null
  let value: unknown
  try {
    value = JSON.parse(bytes.toString())
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
  const parts = splitToken(token)
  if (parts === null) return null
  const header = parseJsonPart(token.slice(0, parts.headerEnd))
  const claims = parseJsonPart(token.slice(parts.headerEnd + 1, parts.payloadEnd))
  return header === null || claims === null ? null : { header, claims }
}
