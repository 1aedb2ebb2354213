import { randomBytes } from 'node:crypto'

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** Random letters and digits. Some are slightly likelier than others, which a stand-in for Clerk can afford. */
export function randomText(length: number): string {
  let text = ''
  for (const byte of randomBytes(length)) text += alphabet[byte % alphabet.length]
  return text
}

/** An id in Clerk's form: prefix and 27 letters and digits. */
export function createId(prefix: string): string {
  return `${prefix}_${randomText(27)}`
}
