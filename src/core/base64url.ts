/**
 * Decodes strict base64url (RFC 4648 section 5, RFC 7515 section 2) into `target` and gives the number of bytes, or -1
 * when `text` is not the one canonical spelling of any bytes: the URL-safe alphabet only, no padding, no white space,
 * zero trailing bits. Node's decoder skips unknown characters and takes both alphabets, so that several texts would be
 * one token. A skipped character makes the bytes too few for the text, but for the last of four, which no canonical text
 * has alone; of a character beyond U+00FF the decoder sees the low byte alone. To encode the bytes again and compare would
 * show all this too, at the price of a second text as long as the token.
 */
export function decodeBase64url(text: string, target: Buffer): number {
  const length = target.write(text, 0, 'base64url')
  const surplus = text.length & 3
  if (surplus === 1 || length !== (text.length * 3) >> 2) return -1
  if (surplus !== 0 && ((SIX_BITS[text.charCodeAt(text.length - 1)] ?? 0) & (UNUSED_BITS[surplus] as number)) !== 0)
    return -1
  if (text.includes('+') || text.includes('/') || Buffer.byteLength(text) !== text.length) return -1
  return length
}

/** The bits of the last character that belong to no byte, by the number of characters after the last four. */
const UNUSED_BITS = [0, 0, 0b1111, 0b11]

/** The number that a character stands for, by its code. */
const SIX_BITS: readonly number[] = createSixBits()

function createSixBits(): number[] {
  const numbers = new Array<number>(128).fill(0)
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  for (let i = 0; i < alphabet.length; i++) numbers[alphabet.charCodeAt(i)] = i
  return numbers
}

/** Whether a whole text is canonical base64url. */
export function isBase64url(text: string): boolean {
  return decodeBase64url(text, Buffer.allocUnsafe(text.length)) !== -1
}
