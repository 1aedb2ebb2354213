/**
 * Strict base64url (RFC 4648 section 5, RFC 7515 section 2): the URL-safe alphabet only, no padding, no white space, zero
 * trailing bits. Node's own decoder skips what it does not know and takes both alphabets, so several texts would
 * decode to one token; every text is therefore checked before Node decodes it.
 */
const SEXTET = new Uint8Array(128).fill(255)
for (const [value, character] of [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'].entries()) {
  SEXTET[character.charCodeAt(0)] = value
}

/** True when `text[start, end)` is the one canonical spelling of some bytes. An empty range is. */
export function isBase64url(text: string, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    const code = text.charCodeAt(i)
    if (code > 127 || (SEXTET[code] as number) > 63) return false
  }
  const rest = (end - start) & 3
  if (rest === 0) return true
  if (rest === 1) return false
  const last = SEXTET[text.charCodeAt(end - 1)] as number
  return rest === 2 ? (last & 15) === 0 : (last & 3) === 0
}
