/**
 * Strict base64url (RFC 4648 section 5, RFC 7515 section 2): the URL-safe alphabet only, no padding, no white space, zero
 * trailing bits. Node's own decoder skips what it does not know and takes both alphabets, so several texts would be one
 * token; checking its input first would cost as much as decoding does here.
 */
const SEXTETS = new Uint8Array(256).fill(255)
for (const [sextet, character] of [
  ...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
].entries()) {
  SEXTETS[character.charCodeAt(0)] = sextet
}

/**
 * Decodes the characters at `source[start, end)` into `target`, from its beginning. Gives the number of bytes, or -1 when
 * the text is not the one canonical spelling of any bytes.
 */
export function decodeBase64url(source: Uint8Array, start: number, end: number, target: Uint8Array): number {
  const rest = (end - start) & 3
  if (rest === 1) return -1
  const wholeEnd = end - rest
  let length = 0
  // Sextets are below 64, and what is no sextet is 255: one look at the end tells whether any was wrong.
  let seen = 0
  for (let i = start; i < wholeEnd; i += 4) {
    const a = SEXTETS[source[i] as number] as number
    const b = SEXTETS[source[i + 1] as number] as number
    const c = SEXTETS[source[i + 2] as number] as number
    const d = SEXTETS[source[i + 3] as number] as number
    seen |= a | b | c | d
    target[length] = (a << 2) | (b >> 4)
    target[length + 1] = (b << 4) | (c >> 2)
    target[length + 2] = (c << 6) | d
    length += 3
  }
  if (rest !== 0) {
    const a = SEXTETS[source[wholeEnd] as number] as number
    const b = SEXTETS[source[wholeEnd + 1] as number] as number
    const c = rest === 3 ? (SEXTETS[source[wholeEnd + 2] as number] as number) : 0
    seen |= a | b | c
    if (((rest === 3 ? c << 6 : b << 4) & 255) !== 0) return -1
    target[length++] = (a << 2) | (b >> 4)
    if (rest === 3) target[length++] = (b << 4) | (c >> 2)
  }
  return seen > 63 ? -1 : length
}

/** Whether a whole text is canonical base64url. */
export function isBase64url(text: string): boolean {
  const bytes = Buffer.from(text)
  return bytes.length === text.length && decodeBase64url(bytes, 0, bytes.length, new Uint8Array(bytes.length)) !== -1
}
