import { encodePart, signRsa, toBytes, toInteger } from './forge.js'
import { own } from './token-seeds.js'

// Random changes of a token, none of which depends on the library that reads it.

type Random = (below: number) => number

/** Mulberry32, as in fixtures/seeded-random.ts, for whole numbers below a bound. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/=. \n\t.%,"{}\0é\ufeff'

type Mutation = (token: string, random: Random, seeds: readonly string[]) => string

const place = (token: string, random: Random) => random(token.length + 1)
const partsOf = (token: string) => token.split('.')

const signatureOf = (token: string) => Buffer.from(partsOf(token)[2] ?? '', 'base64url')

function withPart(token: string, index: number, part: string): string {
  return partsOf(token)
    .map((old, n) => (n === index ? part : old))
    .join('.')
}

const withSignatureOf = (token: string, bytes: Buffer): string => withPart(token, 2, bytes.toString('base64url'))

const modulus = toInteger(Buffer.from(own.jwk.n, 'base64url'))

/** Changes the signature as a number and keeps its length; the token itself if the result does not fit. */
function withSignatureNumber(token: string, change: (value: bigint) => bigint): string {
  const bytes = signatureOf(token)
  const changed = change(toInteger(bytes))
  const size = bytes.length
  return changed >= 0n && changed < 1n << BigInt(size * 8) ? withSignatureOf(token, toBytes(changed, size)) : token
}

/** Changes of the text. */
const SPELLINGS: readonly Mutation[] = [
  (token, random) => splice(token, place(token, random), 1, ALPHABET[random(ALPHABET.length)] as string),
  (token, random) => splice(token, place(token, random), 0, ALPHABET[random(ALPHABET.length)] as string),
  (token, random) => splice(token, place(token, random), 1 + random(4), ''),
  (token, random) => splice(token, token.length - 1, 1, ALPHABET[random(64)] as string),
  (token, random) => token + ALPHABET[random(ALPHABET.length)],
  (token, random) => ALPHABET[random(ALPHABET.length)] + token,
  (token, random) => token.slice(0, place(token, random)),
  (token) => `${token}=`,
  (token) => token.replaceAll('-', '+').replaceAll('_', '/'),
  (token) => token.replace('.', '=.'),
  (token, random) => {
    const at = random(token.length || 1)
    const character = token.charAt(at)
    return splice(
      token,
      at,
      1,
      character === character.toUpperCase() ? character.toLowerCase() : character.toUpperCase()
    )
  },
  (token, random) => {
    const at = random(token.length || 1)
    return splice(
      token,
      at,
      1,
      encodeURIComponent(token.charAt(at)).replace(/^.$/, `%${token.charCodeAt(at).toString(16)}`)
    )
  },
  (token, random) => {
    const at = place(token, random)
    return `${token.slice(0, at)}${token.slice(at, at + 4)}${token.slice(at)}`
  },
  // Changes unused trailing bits of base64url: another character for the same bytes.
  (token, random) => {
    const index = random(3)
    const part = partsOf(token)[index] ?? ''
    return withPart(token, index, part.slice(0, -1) + (ALPHABET[ALPHABET.indexOf(part.slice(-1)) + 1] ?? 'A'))
  }
]

/** Exchanges of parts, and changes of the signature. */
const SPLICES: readonly Mutation[] = [
  (token, random, seeds) => mix(token, seeds[random(seeds.length)] as string, random(3)),
  (token, random, seeds) => mix(token, seeds[random(seeds.length)] as string, 2),
  (token, random) => withPart(token, random(3), ''),
  (token, random) => `${token}.${partsOf(token)[random(3)] ?? ''}`,
  (token) => partsOf(token).slice(0, 2).join('.'),
  (token) => partsOf(token).toReversed().join('.'),
  (token, random, seeds) => token + [',', ' ', '.', ''][random(4)] + seeds[random(seeds.length)],
  (token, random) => editJson(token, random(2), random)
]

const SIGNATURES: readonly Mutation[] = [
  (token, random) => {
    const bytes = signatureOf(token)
    const at = random(bytes.length || 1)
    if (bytes.length > 0) bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << random(8)), at)
    return withSignatureOf(token, bytes)
  },
  (token) => withSignatureOf(token, Buffer.concat([Buffer.alloc(1), signatureOf(token)])),
  (token) => withSignatureOf(token, Buffer.concat([signatureOf(token), Buffer.alloc(1)])),
  (token, random) => withSignatureOf(token, signatureOf(token).subarray(random(8))),
  (token, random) => withSignatureOf(token, signatureOf(token).subarray(0, -1 - random(8))),
  (token) => withSignatureOf(token, signatureOf(token).reverse()),
  (token, random) => withSignatureOf(token, Buffer.alloc(256, random(256))),
  (token) => withSignatureNumber(token, (value) => value + modulus),
  (token) => withSignatureNumber(token, (value) => modulus - value),
  (token, random) => withSignatureNumber(token, (value) => value ^ (1n << BigInt(random(2048))))
]

const HEADER_NAMES = ['alg', 'typ', 'cat', 'kid', 'crit', 'b64', 'cty', 'jwk', 'zip', 'x'] as const
const CLAIM_NAMES = ['sub', 'exp', 'nbf', 'iat', 'iss', 'azp', 'aud', 'sid', 'sts', 'act', 'x'] as const
const VALUES: readonly string[] = [
  ...['null', 'true', 'false', '0', '-0', '1', '-1', '1e400', '1e300', '9007199254740993', '9999999999', '4102444800'],
  ...['""', '"RS256"', '"RS512"', '"none"', '"HS256"', '"JWT"', '"at+jwt"', '"ins_own"', '"ins_other"', '"user_2"'],
  ...['"mch_1"', '"pending"', '"https://clerk.example.com"', '"https://app.test"', '"https://evil.test"', '"\\u0000"'],
  ...['"cl_B7d4PD111AAA"', '"cl_B7d4PD222AAA"', '"cl_B7d4PD333AAA"', '"4102444800"', '"Infinity"', '"__proto__"'],
  ...['[]', '{}', '["exp"]', '[1]', '[["x"]]', '{"sub":"user_2"}', '{"toString":1}', '["https://clerk.example.com"]']
]

/** The JSON of a part with a member added before or after the others, replaced, renamed or taken away. */
function editMember(token: string, index: number, random: Random): string {
  const text = Buffer.from(partsOf(token)[index] ?? '', 'base64url').toString()
  const names = index === 0 ? HEADER_NAMES : CLAIM_NAMES
  const name = names[random(names.length)] as string
  const value = VALUES[random(VALUES.length)] as string
  const member = `"${name}":${value}`
  const existing = new RegExp(`"${name}":("[^"]*"|[^,{}\\[\\]"]+)`)
  const edited = [
    () => text.replace('{', () => `{${member},`),
    () => text.replace(/}\s*$/, () => `,${member}}`),
    () => text.replace(existing, () => member),
    () => text.replace(`"${name}"`, () => `"${name.toUpperCase()}"`),
    () => text.replace(existing, '"y":0'),
    () => text.replace(existing, (whole) => whole.replace(/"$/, ' "'))
  ][random(6)]?.()
  return withPart(token, index, encodePart(edited ?? text))
}

/** Signs anew with the right key, so that only the rules for header and claims can refuse. Costs thirty verifications. */
function signAgain(token: string): string {
  const [header = '', payload = ''] = partsOf(token)
  return signRsa(`${header}.${payload}`, own.privateKey)
}

/** Returns a function that gives a token with each call: a seed, unchanged or changed up to three times. */
export function createMutator(seeds: readonly string[], random: Random): () => string {
  const pick = (mutations: readonly Mutation[]) => mutations[random(mutations.length)] as Mutation

  function mutateOnce(token: string): string {
    switch (random(8)) {
      case 0:
      case 1:
        return pick(SPELLINGS)(token, random, seeds)
      case 2:
        return pick(SPLICES)(token, random, seeds)
      case 3:
        return pick(SIGNATURES)(token, random, seeds)
      case 4:
        return editMember(token, random(2), random)
      default:
        return token
    }
  }

  return () => {
    let token = seeds[random(seeds.length)] as string
    // One in twenty is changed and then signed by the right key.
    if (random(20) === 0) {
      for (let rounds = 1 + random(3); rounds > 0; rounds--) token = editMember(token, random(2), random)
      token = signAgain(token)
      return random(4) === 0 ? mutateOnce(token) : token
    }
    for (let rounds = random(4); rounds > 0; rounds--) token = mutateOnce(token)
    return token
  }
}

function splice(token: string, at: number, count: number, text: string): string {
  return token.slice(0, at) + text + token.slice(at + count)
}

function mix(token: string, from: string, index: number): string {
  const parts = partsOf(token)
  parts[index] = partsOf(from)[index] ?? ''
  return parts.join('.')
}

/** Changes one octet of the JSON inside a part. */
function editJson(token: string, index: number, random: Random): string {
  const parts = partsOf(token)
  const bytes = Buffer.from(parts[index] ?? '', 'base64url')
  if (bytes.length === 0) return token
  bytes[random(bytes.length)] = random(256)
  parts[index] = encodePart(bytes)
  return parts.join('.')
}
