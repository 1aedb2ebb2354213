import { generateKeyPairSync } from 'node:crypto'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { verifyToken } from '@clerk/backend'
import { createVerifier } from 'fast-jwt'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { createTokenVerifier } from '../../src/index.js'
import { createRsaKey } from '../fixtures/rsa-keys.js'
import { encodePart, SESSION_CATEGORY, signHmac, signingInput, signPss, signRsa } from './forge.js'

// Valid and mutated tokens through this core and three others: whatever we accept, all of them must accept as well.
// By hand: node .build/test/hostile/differential.js --cases 5000000 --seed 1

export interface DifferentialResult {
  readonly cases: number
  /** Accepted by us, and of those, refused by another: each is a defect of ours or wants an explanation. */
  readonly accepted: number
  readonly acceptedAlone: readonly { readonly token: string; readonly refusedBy: readonly string[] }[]
  /** Refused by us and accepted by others, by our reason and by who accepted: what our strictness consists of. */
  readonly stricter: ReadonlyMap<string, number>
}

const ISSUER = 'https://clerk.example.com'
const own = createRsaKey('ins_own')
const other = createRsaKey('ins_other')
const pem = own.publicKey.export({ type: 'spki', format: 'pem' }) as string

/** Small, fast and the same everywhere: a case is found again by its seed. */
function createRandom(seed: number): (below: number) => number {
  let state = seed >>> 0
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

/** Signed once each; times are far enough from now for a run of hours. */
function createSeeds(): readonly string[] {
  const now = Math.floor(Date.now() / 1000)
  const day = 86_400
  const header = { alg: 'RS256', cat: SESSION_CATEGORY, kid: 'ins_own', typ: 'JWT' }
  const claims = {
    azp: 'https://app.test',
    exp: now + day,
    iat: now - 60,
    iss: ISSUER,
    nbf: now - 60,
    sid: 'sess_1',
    sub: 'user_1'
  }
  const signed = (more: object, claimsToo: object = {}, key = own.privateKey, digest = 'sha256') =>
    signRsa(signingInput({ ...header, ...more }, { ...claims, ...claimsToo }), key, digest)
  const { privateKey: ec } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return [
    ...[
      {},
      { sub: 'user_2' },
      { sid: undefined },
      { iat: undefined },
      { nbf: undefined },
      { extra: 'ü'.repeat(40) }
    ].map((more) => signed({}, more)),
    ...[
      { sub: '' },
      { sub: 1 },
      { sub: undefined },
      { exp: now - day },
      { exp: undefined },
      { exp: String(now + day) }
    ].map((more) => signed({}, more)),
    ...[
      { nbf: now + day },
      { iat: now + day },
      { nbf: 'x' },
      { iat: null },
      { iss: undefined },
      { iss: 'https://evil.test' }
    ].map((more) => signed({}, more)),
    ...[
      { azp: undefined },
      { azp: 'https://evil.test' },
      { aud: 'x' },
      { aud: [['x']] },
      { act: { sub: 'a' } },
      { exp: 1e300 }
    ].map((more) => signed({}, more)),
    ...[
      { typ: undefined },
      { typ: 'at+jwt' },
      { typ: 'jwt' },
      { cat: undefined },
      { cat: 'cl_B7d4PD222AAA' },
      { cat: 'cl_I7d4PD111III' }
    ].map((more) => signed(more)),
    ...[
      { kid: undefined },
      { kid: 'ins_other' },
      { kid: 1 },
      { crit: ['exp'] },
      { crit: [] },
      { b64: false },
      { zip: 'DEF' }
    ].map((more) => signed(more)),
    ...[{ alg: 'none' }, { alg: 'PS256' }, { alg: 'RS384' }, { alg: undefined }, { jwk: own.jwk }].map((more) =>
      signed(more)
    ),
    signed({ alg: 'RS512' }, {}, own.privateKey, 'sha512'),
    signed({}, {}, other.privateKey),
    signed({ kid: 'ins_other' }, {}, other.privateKey),
    signed({ alg: 'ES256' }, {}, ec),
    signPss(signingInput({ ...header, alg: 'PS256' }, claims), own.privateKey),
    signHmac(signingInput({ ...header, alg: 'HS256' }, claims), pem),
    `${signingInput({ ...header, alg: 'none' }, claims)}.`,
    signRsa(signingInput(header, 'null'), own.privateKey),
    signRsa(
      signingInput(
        header,
        Buffer.from(
          `{"sub":"user_1","exp":${now + day},"iss":"${ISSUER}","azp":"https://app.test","x":"\xff"}`,
          'latin1'
        )
      ),
      own.privateKey
    ),
    signRsa(signingInput(header, `\ufeff${JSON.stringify(claims)}`), own.privateKey),
    signRsa(signingInput(header, JSON.stringify(claims).replace('{', '{"sub":"user_admin",')), own.privateKey)
  ]
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/=. \n\t.%,"{}\0é\ufeff'

type Mutation = (token: string, random: (below: number) => number, seeds: readonly string[]) => string

const place = (token: string, random: (below: number) => number) => random(token.length + 1)
const partsOf = (token: string) => token.split('.')

const MUTATIONS: readonly Mutation[] = [
  (token) => token,
  (token) => token,
  (token, random) => splice(token, place(token, random), 1, ALPHABET[random(ALPHABET.length)] as string),
  (token, random) => splice(token, place(token, random), 0, ALPHABET[random(ALPHABET.length)] as string),
  (token, random) => splice(token, place(token, random), 1 + random(4), ''),
  (token, random) => splice(token, token.length - 1, 1, ALPHABET[random(64)] as string),
  (token, random) => token + ALPHABET[random(ALPHABET.length)],
  (token, random) => ALPHABET[random(ALPHABET.length)] + token,
  (token, random) => token.slice(0, place(token, random)),
  (token, random, seeds) => mix(token, seeds[random(seeds.length)] as string, random(3)),
  (token) => `${token}=`,
  (token) => token.replaceAll('-', '+').replaceAll('_', '/'),
  (token) => token.replace('.', '=.'),
  (token, random) => editJson(token, 0, random),
  (token, random) => editJson(token, 1, random)
]

function splice(token: string, at: number, count: number, text: string): string {
  return token.slice(0, at) + text + token.slice(at + count)
}

function mix(token: string, from: string, index: number): string {
  const parts = partsOf(token)
  parts[index] = partsOf(from)[index] ?? ''
  return parts.join('.')
}

/** Changes one octet of the JSON inside a part. */
function editJson(token: string, index: number, random: (below: number) => number): string {
  const parts = partsOf(token)
  const bytes = Buffer.from(parts[index] ?? '', 'base64url')
  if (bytes.length === 0) return token
  bytes[random(bytes.length)] = random(256)
  parts[index] = encodePart(bytes)
  return parts.join('.')
}

type Judge = (token: string) => Promise<boolean>

function createJudges(): {
  readonly ours: Judge
  readonly others: readonly (readonly [name: string, judge: Judge])[]
  reasonOf(token: string): Promise<string>
} {
  const verifier = createTokenVerifier({
    publishableKey: 'pk_live_Y2xlcmsuZXhhbXBsZS5jb20k',
    authorizedParties: ['https://app.test'],
    jwks: { keys: [own.jwk] }
  })
  const keys = createLocalJWKSet({ keys: [own.jwk] })
  const algorithms = ['RS256', 'RS384', 'RS512'] as const
  const fast = createVerifier({
    key: pem,
    algorithms: ['RS256'],
    allowedIss: ISSUER,
    clockTolerance: 5000,
    requiredClaims: ['exp'],
    cache: false
  })
  const accepts = async (run: () => unknown): Promise<boolean> => {
    try {
      await run()
      return true
    } catch {
      return false
    }
  }
  return {
    ours: async (token) => (await verifier.verify(token)).ok,
    reasonOf: async (token) => {
      const result = await verifier.verify(token)
      return result.ok ? 'accepted' : result.reason
    },
    others: [
      [
        'jose',
        (token) =>
          accepts(() => jwtVerify(token, keys, { algorithms: [...algorithms], issuer: ISSUER, clockTolerance: 5 }))
      ],
      ['fast-jwt', (token) => accepts(() => fast(token))],
      [
        '@clerk/backend',
        (token) => accepts(() => verifyToken(token, { jwtKey: pem, authorizedParties: ['https://app.test'] }))
      ]
    ]
  }
}

export async function runDifferential(
  cases: number,
  seed: number,
  onProgress?: (done: number) => void
): Promise<DifferentialResult> {
  const random = createRandom(seed)
  const seeds = createSeeds()
  const { ours, others, reasonOf } = createJudges()
  const acceptedAlone: { token: string; refusedBy: string[] }[] = []
  const stricter = new Map<string, number>()
  let accepted = 0

  for (let n = 0; n < cases; n++) {
    let token = seeds[random(seeds.length)] as string
    for (let rounds = random(3); rounds > 0; rounds--) {
      token = (MUTATIONS[random(MUTATIONS.length)] as Mutation)(token, random, seeds)
    }
    const isAccepted = await ours(token)
    const verdicts = await Promise.all(others.map(async ([name, judge]) => [name, await judge(token)] as const))
    if (isAccepted) {
      accepted++
      const refusedBy = verdicts.filter(([, ok]) => !ok).map(([name]) => name)
      if (refusedBy.length > 0) acceptedAlone.push({ token, refusedBy })
    } else {
      const by = verdicts.filter(([, ok]) => ok).map(([name]) => name)
      if (by.length > 0) {
        const what = `${await reasonOf(token)}, accepted by ${by.join(', ')}`
        stricter.set(what, (stricter.get(what) ?? 0) + 1)
      }
    }
    if (n % 10_000 === 9_999) onProgress?.(n + 1)
  }
  return { cases, accepted, acceptedAlone, stricter }
}

function argument(name: string, fallback: number): number {
  const index = process.argv.indexOf(`--${name}`)
  return index === -1 ? fallback : Number(process.argv[index + 1])
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const seed = argument('seed', Date.now())
  const result = await runDifferential(argument('cases', 100_000), seed, (done) => console.error(`${done} cases`))
  const { cases, accepted, acceptedAlone, stricter } = result
  console.log(
    JSON.stringify(
      { seed, cases, accepted, acceptedAlone: acceptedAlone.slice(0, 20), stricter: Object.fromEntries(stricter) },
      null,
      2
    )
  )
  process.exitCode = acceptedAlone.length === 0 ? 0 : 1
}
