import {
  JwksKeysError,
  JwksPrivateError,
  JwtKeyError,
  JwtKeyNotRsaError,
  JwtKeyPrivateError,
  JwtKeySizeError,
  KeysMixedError,
  OptionEmptyError,
  OptionRangeError,
  OptionTypeError,
  PublishableAsSecretError,
  PublishableKeyError,
  SecretAsPublishableError,
  SecretKeyError
} from '../errors.js'
import { parseJwk, type SkipReason } from '../jwk.js'
import { type PublishableKey, parsePublishableKey } from '../publishable-key.js'
import { checkNullableText, checkTexts } from './checks.js'
import { describeType, type Given } from './given.js'
import { type PemProblem, parsePublicKeyPem } from './pem.js'

export interface GivenPublishableKey extends PublishableKey {
  readonly name: string
  readonly text: string
}

export function checkPublishableKey(given: Given): GivenPublishableKey | null {
  const { name } = given
  const text = checkNullableText(given, 'a publishable key')
  if (text === null) return null
  if (/^(sk|ak|whsec)_/.test(text)) throw new SecretAsPublishableError(name)
  const key = parsePublishableKey(text)
  if (key !== null) return { ...key, name, text }
  const problem = /^pk_(test|live)_/.test(text)
    ? 'what follows the prefix is damaged or cut off'
    : 'it starts with neither of these'
  throw new PublishableKeyError(name, problem)
}

/** What a secret key is called in errors and, as far as its form tells, which kind of instance it belongs to. */
export interface GivenSecretKey {
  readonly name: string
  readonly text: string
  /** null: the form does not tell, and no verdict is passed on it. */
  readonly instanceType: PublishableKey['instanceType'] | null
}

export function checkSecretKey(given: Given, expected = 'the secret key (sk_…)'): GivenSecretKey | null {
  const { name } = given
  const text = checkNullableText(given, 'a secret key')
  if (text === null) return null
  if (text.startsWith('pk_')) throw new PublishableAsSecretError(name, expected)
  // It travels in a header: a line break would end that header, and a space at the end is never seen.
  if (!/^[\x21-\x7e]+$/.test(text)) throw new SecretKeyError(name)
  const instanceType = text.startsWith('sk_test_') ? 'development' : text.startsWith('sk_live_') ? 'production' : null
  return { name, text, instanceType }
}

export function assertSameInstanceType(publishable: GivenPublishableKey | null, secret: GivenSecretKey | null): void {
  if (publishable === null || secret === null || secret.instanceType === null) return
  if (publishable.instanceType !== secret.instanceType) {
    throw new KeysMixedError(publishable.name, secret.name, `${publishable.instanceType} and ${secret.instanceType}`)
  }
}

const PEM_ERRORS: Readonly<Record<PemProblem, new (name: string) => Error>> = {
  malformed: JwtKeyError,
  private: JwtKeyPrivateError,
  'not-rsa': JwtKeyNotRsaError,
  size: JwtKeySizeError
}

/** Canonical PEM texts; empty when not given. The same key twice counts once. */
export function checkJwtKeys(given: Given): readonly string[] {
  if (given.value === null) return Object.freeze([])
  const texts = checkTexts(given) ?? []
  const pems = new Set<string>()
  for (const [index, text] of texts.entries()) {
    const result = parsePublicKeyPem(text)
    if (!result.ok) throw new PEM_ERRORS[result.problem](texts.length > 1 ? `${given.name}[${index}]` : given.name)
    for (const pem of result.pems) pems.add(pem)
  }
  return Object.freeze([...pems])
}

const EXPECTED_OF_JWK: Readonly<Partial<Record<SkipReason, string>>> = {
  'no-kid': 'with a kid',
  'not-for-signatures': 'for signatures (use "sig")',
  algorithm: 'with alg RS256, RS384 or RS512',
  'modulus-size': 'of 2048 to 8192 bits',
  exponent: 'with an odd exponent from 65537 to 4294967295'
}

/**
 * A key set given in code, copied. Of a fetched set unfit keys are skipped, since nobody is there to correct it; in
 * code each one is a mistake to correct.
 */
export function checkKeySet(given: Given, maxKeys: number): { readonly keys: readonly object[] } | null {
  const { name, value } = given
  if (value === undefined) return null
  if (!Array.isArray(value)) throw new OptionTypeError(name, 'a list of keys (JWK)', describeType(value))
  if (value.length === 0) throw new OptionEmptyError(name, 'a list of keys (JWK)')
  if (value.length > maxKeys) throw new OptionRangeError(name, 'a list of at most jwks.maxKeys keys')
  const kids = new Set<string>()
  const keys = Array.from(value, (jwk: unknown, index) => {
    const where = `${name}[${index}]`
    if (typeof jwk === 'object' && jwk !== null && ('d' in jwk || 'k' in jwk)) throw new JwksPrivateError(where)
    const judged = parseJwk(jwk)
    if (judged === 'private-key') throw new JwksPrivateError(where)
    if (typeof judged === 'string') throw new JwksKeysError(where, EXPECTED_OF_JWK[judged] ?? 'with n and e')
    if (kids.has(judged.kid)) throw new JwksKeysError(where, 'with a kid of its own')
    kids.add(judged.kid)
    // Only what parseJwk looked at is taken over: nothing else can have an effect later.
    return Object.freeze({ kty: 'RSA', use: 'sig', kid: judged.kid, alg: judged.algorithm, n: judged.n, e: judged.e })
  })
  return Object.freeze({ keys: Object.freeze(keys) })
}
