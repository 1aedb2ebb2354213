import { createPublicKey, generateKeyPair, type KeyObject, sign } from 'node:crypto'
import { promisify } from 'node:util'
import { LocalClerkArgumentError } from '../core/errors.js'
import { createId } from './ids.js'

/** A public key as Clerk publishes it (RFC 7517 section 4). */
export interface LocalJwk {
  readonly kid: string
  readonly kty: 'RSA'
  readonly alg: 'RS256'
  readonly use: 'sig'
  readonly n: string
  readonly e: string
}

interface SigningKey {
  readonly kid: string
  readonly privateKey: KeyObject
  readonly jwk: LocalJwk
  /** Public key as PEM (SPKI), as the Clerk dashboard shows it for `CLERK_JWT_KEY`. */
  readonly pem: string
}

export interface SigningKeys {
  /** The key that signs new tokens. */
  current(): SigningKey
  /** Public keys, in the order in which they were made. */
  published(): LocalJwk[]
  /**
   * Signs with the key of that name, by default the current one. A withdrawn key signs too: that makes a stale token.
   */
  sign(header: Readonly<Record<string, unknown>>, claims: unknown, kid?: string): string
  rotate(keepOld: boolean): Promise<string>
  withdraw(kid: string): boolean
}

const generate = promisify(generateKeyPair)
const signatureHashes: Readonly<Record<string, string>> = { RS256: 'sha256', RS384: 'sha384', RS512: 'sha512' }

export async function createSigningKeys(privateKey: KeyObject | null): Promise<SigningKeys> {
  const first = privateKey === null ? await makeKey() : describeKey(privateKey)
  const every = new Map<string, SigningKey>([[first.kid, first]])
  let published: readonly SigningKey[] = [first]
  let current = first

  return {
    current: () => current,
    published: () => published.map((key) => key.jwk),
    sign(header, claims, kid) {
      const key = kid === undefined ? current : every.get(kid)
      if (key === undefined) throw new LocalClerkArgumentError('kid', 'the name of a key this instance has or had')
      const text = `${encode({ alg: 'RS256', cat: 'cl_B7d4PD111AAA', kid: key.kid, typ: 'JWT', ...header })}.${encode(claims)}`
      const hash = signatureHashes[String(header.alg ?? 'RS256')] ?? 'sha256'
      return `${text}.${sign(hash, Buffer.from(text), key.privateKey).toString('base64url')}`
    },
    async rotate(keepOld) {
      const next = await makeKey()
      every.set(next.kid, next)
      published = keepOld ? [...published, next] : [next]
      current = next
      return next.kid
    },
    withdraw(kid) {
      const left = published.filter((key) => key.kid !== kid)
      const changed = left.length !== published.length
      published = left
      return changed
    }
  }
}

async function makeKey(): Promise<SigningKey> {
  const { privateKey } = await generate('rsa', { modulusLength: 2048 })
  return describeKey(privateKey)
}

function describeKey(privateKey: KeyObject): SigningKey {
  const publicKey = createPublicKey(privateKey)
  const { n, e } = publicKey.export({ format: 'jwk' })
  const kid = createId('ins')
  return {
    kid,
    privateKey,
    jwk: Object.freeze({ use: 'sig', kty: 'RSA', kid, alg: 'RS256', n: n as string, e: e as string }),
    pem: publicKey.export({ type: 'spki', format: 'pem' }) as string
  }
}

function encode(part: unknown): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url')
}
