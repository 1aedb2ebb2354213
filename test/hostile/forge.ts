import { constants, createHmac, type KeyObject, privateEncrypt, sign } from 'node:crypto'

/** A part of a token, as an attacker can make it. */
export type Part = string | Buffer | object | number | boolean | null

export const SESSION_CATEGORY = 'cl_B7d4PD111AAA'

/** Text and bytes are encoded unchanged, all other values as JSON. */
export function encodePart(part: Part): string {
  const bytes = Buffer.isBuffer(part) ? part : Buffer.from(typeof part === 'string' ? part : JSON.stringify(part))
  return bytes.toString('base64url')
}

export function signingInput(header: Part, payload: Part): string {
  return `${encodePart(header)}.${encodePart(payload)}`
}

export function withSignature(input: string, signature: Buffer): string {
  return `${input}.${signature.toString('base64url')}`
}

/** Signs with any asymmetric key. A `digest` of null is for keys that imply theirs, such as Ed25519. */
export function signRsa(input: string, key: KeyObject, digest: string | null = 'sha256'): string {
  return withSignature(input, sign(digest, Buffer.from(input), key))
}

export function signPss(input: string, key: KeyObject, digest = 'sha256'): string {
  const options = { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
  return withSignature(input, sign(digest, Buffer.from(input), options))
}

export function signHmac(input: string, secret: string | Buffer, digest = 'sha256'): string {
  return withSignature(input, createHmac(digest, secret).update(input).digest())
}

/** Signs an encoded message as it is, without padding it: the output of a signer with broken padding. */
export function signRaw(input: string, key: KeyObject, encoded: Buffer): string {
  return withSignature(input, privateEncrypt({ key, padding: constants.RSA_NO_PADDING }, encoded))
}

export function toInteger(bytes: Buffer): bigint {
  return BigInt(`0x${bytes.toString('hex') || '0'}`)
}

export function toBytes(value: bigint, length: number): Buffer {
  return Buffer.from(value.toString(16).padStart(length * 2, '0'), 'hex')
}

/** The largest integer whose cube is not above `value`. */
export function cubeRoot(value: bigint): bigint {
  let low = 0n
  let high = 1n << BigInt(Math.ceil(value.toString(2).length / 3) + 1)
  while (low < high) {
    const middle = (low + high + 1n) >> 1n
    if (middle ** 3n <= value) low = middle
    else high = middle - 1n
  }
  return low
}
