import { isUtf8 } from 'node:buffer'
import { decodeBase64url } from '../base64url.js'
import { isRecord, parseJson } from '../json.js'

/**
 * Longest token that is looked at, in characters. Browsers keep at most 4 KiB a cookie and Node 16 KiB of headers, so a real
 * token is far shorter; the bound keeps the work for a forged one small.
 */
export const MAX_TOKEN_LENGTH = 8192

export type JsonObject = { readonly [member: string]: unknown }

// Scratch memory for one synchronous call: nothing that a function returns is a view into it.
const bytes = Buffer.allocUnsafeSlow(MAX_TOKEN_LENGTH)

/**
 * The JSON object that a part of a token encodes. Null: not canonical base64url, not UTF-8, not JSON, or a JSON value that is
 * not an object (RFC 7519 section 7.2). `encoded` is at most MAX_TOKEN_LENGTH long.
 */
export function parsePart(encoded: string): JsonObject | null {
  const length = decodeBase64url(encoded, bytes)
  if (length === -1) return null
  const json = bytes.toString('utf8', 0, length)
  // Octets that are not UTF-8 are all read as U+FFFD: different texts would be one claim (RFC 8725 section 3.7).
  if (json.includes('\uFFFD') && !isUtf8(bytes.subarray(0, length))) return null
  const value = parseJson(json)
  return isRecord(value) ? value : null
}

/** Whether the third part of a token is canonical base64url. It may be empty. `encoded` is at most MAX_TOKEN_LENGTH long. */
export function isSignature(encoded: string): boolean {
  return decodeBase64url(encoded, bytes) !== -1
}

/** A copy of a token's text, or of a part of it. The text may be a view, by which a whole Cookie header would stay in memory. */
export function copyOf(text: string): string {
  return bytes.toString('latin1', 0, bytes.write(text, 'latin1'))
}
