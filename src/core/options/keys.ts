import {
  JwksKeysError,
  JwksPrivateError,
  JwtKeyError,
  JwtKeyNotRsaError,
  JwtKeyPrivateError,
  JwtKeySizeError,
  KeysMixedError,
  OptionEmptyError,
  PublishableAsSecretError,
  PublishableKeyError,
  SecretAsPublishableError,
  SecretKeyError
} from '../errors.js'
import { parseJwk, type SkipReason } from '../jwk.js'
import { type PublishableKey, parsePublishableKey } from '../publishable-key.js'
import { checkList, checkText, checkTexts } from './checks.js'
import type { Given } from './given.js'
import { type PemProblem, parsePublicKeyPem } from './pem.js'

export function readPublishableKey(given: Given): string | null {
  const { name } = given
  const text = checkText(given, 'a publishable key')
  if (text === undefined) return null
  if (parsePublishableKey(text) !== null) return text
  if (/^(sk|ak|whsec)_/.test(text)) throw new SecretAsPublishableError(name)
  const problem = /^pk_(test|live)_/.test(text)
    ? 'what follows the prefix is damaged or cut off'
    : 'it starts with neither of these'
  throw new PublishableKeyError(name, problem)
}

export function readSecretKey(given: Given): string | null {
  return checkSecret(given, 'the secret key (sk_…)')
}

export function readMachineSecretKey(given: Given): string | null {
  return checkSecret(given, 'the secret key of the machine (ak_…)')
}

function checkSecret(given: Given, expected: string): string | null {
  const { name } = given
  const text = checkText(given, 'a secret key')
  if (text === undefined) return null
  if (text.startsWith('pk_')) throw new PublishableAsSecretError(name, expected)
  // The key is sent in a header: a line break would end that header, and a space at its end is easily overlooked.
  if (!/^[\x21-\x7e]+$/.test(text)) throw new SecretKeyError(name)
  return text
}

type InstanceType = PublishableKey['instanceType']

/** Instance type by the prefix of a secret key; null for a key without one of the two prefixes. */
export function instanceTypeOfSecretKey(secretKey: string | null): InstanceType | null {
  if (secretKey === null) return null
  return secretKey.startsWith('sk_test_') ? 'development' : secretKey.startsWith('sk_live_') ? 'production' : null
}

/** Refuses a test key beside a live key: they are of two instances. The names are those of the two options. */
export function assertSameInstanceType(
  publishable: { readonly name: string; readonly instanceType: InstanceType | null },
  secret: { readonly name: string; readonly instanceType: InstanceType | null }
): void {
  if (publishable.instanceType === null || secret.instanceType === null) return
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
export function readJwtKeys(given: Given): readonly string[] {
  const texts = checkTexts(given) ?? []
  const pems = new Set<string>()
  for (const [index, text] of texts.entries()) {
    const result = parsePublicKeyPem(text)
    if (!result.ok) throw new PEM_ERRORS[result.problem](texts.length > 1 ? `${given.name}[${index}]` : given.name)
    for (const pem of result.pems) pems.add(pem)
  }
  return Object.freeze([...pems])
}

const KEYS = 'a list of keys (JWK)'

const EXPECTED_OF_JWK: Readonly<Partial<Record<SkipReason, string>>> = {
  'no-kid': 'with a kid',
  'not-for-signatures': 'for signatures (use "sig")',
  algorithm: 'with alg RS256, RS384 or RS512',
  'modulus-size': 'of 2048 to 8192 bits',
  exponent: 'with an odd exponent from 65537 to 4294967295'
}

/**
 * A key set given in code, copied. Unfit keys of a fetched set are skipped, because nobody is there to correct the set;
 * in code each unfit key is a mistake, and refused.
 */
export function readKeySet(given: Given): readonly object[] | null {
  if (Array.isArray(given.value) && given.value.length === 0) throw new OptionEmptyError(given.name, KEYS)
  const kids = new Set<string>()
  const keys = checkList(given, KEYS, ({ name, value: jwk }) => {
    if (typeof jwk === 'object' && jwk !== null && ('d' in jwk || 'k' in jwk)) throw new JwksPrivateError(name)
    const judged = parseJwk(jwk)
    if (judged === 'private-key') throw new JwksPrivateError(name)
    if (typeof judged === 'string') throw new JwksKeysError(name, EXPECTED_OF_JWK[judged] ?? 'with n and e')
    if (kids.has(judged.kid)) throw new JwksKeysError(name, 'with a kid of its own')
    kids.add(judged.kid)
    // Only the members that parseJwk looked at are taken over: no other can have an effect later.
    return Object.freeze({ kty: 'RSA', use: 'sig', kid: judged.kid, alg: judged.algorithm, n: judged.n, e: judged.e })
  })
  return keys ?? null
}
