import { randomBytes } from 'node:crypto'

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** Random letters and digits, as Clerk's ids have behind their prefix. */
export function randomText(length: number): string {
  let text = ''
  for (const byte of randomBytes(length)) text += alphabet[byte % alphabet.length]
  return text
}

/** An id as Clerk's: prefix and 27 letters and digits. */
export function createId(prefix: string): string {
  return `${prefix}_${randomText(27)}`
}
