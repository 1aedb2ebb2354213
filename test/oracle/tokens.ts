import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'

// The tokens that the oracle sends. Each is described by data, so that a case can be printed and shrunk, and signed once.

export interface TokenSpec {
  readonly time: 'valid' | 'expired' | 'long-expired' | 'early' | 'future' | 'no-exp' | 'text-exp' | 'no-iat'
  readonly iss: 'own' | 'foreign' | 'upper-case' | 'bare' | 'number' | 'absent' | 'empty'
  readonly cat: 'session' | 'template' | 'm2m' | 'ignore' | 'absent' | 'unknown' | 'null'
  readonly key: 'own' | 'other'
  readonly kid: 'own' | 'unknown' | 'absent' | 'prototype'
  readonly alg: 'RS256' | 'RS512' | 'HS256' | 'none'
  readonly typ: 'JWT' | 'absent' | 'at+jwt' | 'application/at+jwt' | 'other'
  readonly sub: 'user' | 'empty' | 'number' | 'absent' | 'machine'
  readonly azp: 'listed' | 'unlisted' | 'absent' | 'empty'
  readonly aud: 'absent' | 'listed' | 'unlisted' | 'list' | 'object'
  readonly claims: ClaimsName
}

export const PLAIN_TOKEN: TokenSpec = {
  time: 'valid',
  iss: 'own',
  cat: 'session',
  key: 'own',
  kid: 'own',
  alg: 'RS256',
  typ: 'JWT',
  sub: 'user',
  azp: 'listed',
  aud: 'absent',
  claims: 'v2'
}

/** Texts that are not tokens. */
export const MALFORMED = {
  word: () => 'abc',
  dots: () => 'a.b.c',
  'two-parts': () => signToken(PLAIN_TOKEN, HOST).split('.').slice(0, 2).join('.'),
  'null-payload': () => compose({ alg: 'RS256', typ: 'JWT', kid: 'ins_own' }, null, keys.own),
  'null-header': () => compose(null, { sub: 'user_1', exp: NOW + 86_400 }, keys.own),
  'cut-signature': () => signToken(PLAIN_TOKEN, HOST).slice(0, -8),
  padded: () => `${signToken(PLAIN_TOKEN, HOST)}=`
} as const

export type MalformedName = keyof typeof MALFORMED

/** Seconds. Everything is relative to the start of the run, with margins that outlast it. */
export const NOW = Math.floor(Date.now() / 1000)

export const HOST = 'clerk.example.com'

const pair = () => generateKeyPairSync('rsa', { modulusLength: 2048 })
const ownPair = pair()
export const keys: { readonly own: KeyObject; readonly other: KeyObject } = {
  own: ownPair.privateKey,
  other: pair().privateKey
}
export const publicKey = ownPair.publicKey
/** The key set as BAPI publishes it. */
export const keySet = {
  keys: [{ ...ownPair.publicKey.export({ format: 'jwk' }), kid: 'ins_own', alg: 'RS256', use: 'sig' }]
}
export const jwtKey = ownPair.publicKey.export({ type: 'spki', format: 'pem' }) as string

const CLAIMS = {
  v2: { v: 2, sid: 'sess_1', fva: [5, -1], sts: 'active' },
  'v2-organization': {
    v: 2,
    sid: 'sess_1',
    fva: [9, 9],
    fea: 'o:docs,o:billing,u:beta',
    pla: 'o:pro,u:free',
    o: { id: 'org_1', slg: 'acme', rol: 'admin', per: 'read,edit,share', fpm: '5,2' }
  },
  'v2-other-organization': { v: 2, sid: 'sess_1', o: { id: 'org_2', slg: 'other', rol: 'member' } },
  'v2-pending': { v: 2, sid: 'sess_1', sts: 'pending' },
  'v2-actor': { v: 2, sid: 'sess_1', act: { sub: 'user_admin', sid: 'sess_admin' } },
  'v2-bad-features': { v: 2, sid: 'sess_1', fea: 'docs', o: { id: 'org_1', per: 'read', fpm: '1' } },
  'v2-bad-permissions': { v: 2, sid: 'sess_1', fea: 'o:docs', o: { id: 'org_1', per: 7, fpm: '1' } },
  v1: { sid: 'sess_1' },
  'v1-organization': {
    sid: 'sess_1',
    org_id: 'org_1',
    org_slug: 'acme',
    org_role: 'org:admin',
    org_permissions: ['org:docs:read'],
    fva: [-1, -1]
  },
  'no-session': { v: 2 },
  scopes: { jti: 'jti_1', scopes: 'read write', scope: 'openid profile', client_id: 'client_1', plan: 'gold' }
} as const

export type ClaimsName = keyof typeof CLAIMS
export const CLAIMS_NAMES = Object.keys(CLAIMS) as ClaimsName[]

export function namesSession(name: ClaimsName): boolean {
  return 'sid' in CLAIMS[name]
}

const CATEGORIES: Readonly<Record<TokenSpec['cat'], unknown>> = {
  session: 'cl_B7d4PD111AAA',
  template: 'cl_B7d4PD222AAA',
  m2m: 'cl_B7d4PD333AAA',
  ignore: 'cl_I7d4PD111III',
  absent: undefined,
  unknown: 'cl_other',
  null: null
}

const KIDS = { own: 'ins_own', unknown: 'ins_unknown', absent: undefined, prototype: '__proto__' }

const signed = new Map<string, string>()

export function signToken(spec: TokenSpec, host: string, extra: object = {}): string {
  const name = JSON.stringify([spec, host, extra])
  let token = signed.get(name)
  if (token === undefined) {
    token = compose(headerOf(spec), { ...claimsOf(spec, host), ...extra }, keys[spec.key], spec.alg)
    signed.set(name, token)
  }
  return token
}

function headerOf(spec: TokenSpec): object {
  const typ = {
    JWT: 'JWT',
    absent: undefined,
    'at+jwt': 'at+jwt',
    'application/at+jwt': 'application/at+jwt',
    other: 'JOSE'
  }
  return { alg: spec.alg, typ: typ[spec.typ], kid: KIDS[spec.kid], cat: CATEGORIES[spec.cat] }
}

function claimsOf(spec: TokenSpec, host: string): object {
  const iss = {
    own: `https://${host}`,
    foreign: 'https://clerk.other.test',
    'upper-case': `HTTPS://${host}`,
    bare: host,
    number: 7,
    absent: undefined,
    empty: ''
  }
  const azp = { listed: 'https://app.example.com', unlisted: 'https://evil.test', absent: undefined, empty: '' }
  const aud = { absent: undefined, listed: 'api', unlisted: 'other', list: ['other', 'api'], object: { a: 1 } }
  const sub = { user: 'user_1', empty: '', number: 7, absent: undefined, machine: 'mch_1' }
  return {
    ...timesOf(spec.time),
    iss: iss[spec.iss],
    sub: sub[spec.sub],
    azp: azp[spec.azp],
    aud: aud[spec.aud],
    ...CLAIMS[spec.claims]
  }
}

const DAY = 86_400

function timesOf(time: TokenSpec['time']): object {
  switch (time) {
    case 'valid':
      return { iat: NOW - 10, nbf: NOW - 20, exp: NOW + DAY }
    case 'expired':
      return { iat: NOW - 7200, nbf: NOW - 7210, exp: NOW - 1800 }
    case 'long-expired':
      return { iat: NOW - 3 * DAY, nbf: NOW - 3 * DAY, exp: NOW - 2 * DAY }
    case 'early':
      return { iat: NOW - 10, nbf: NOW + 1800, exp: NOW + DAY }
    case 'future':
      return { iat: NOW + 1800, nbf: NOW - 10, exp: NOW + DAY }
    case 'no-exp':
      return { iat: NOW - 10 }
    case 'text-exp':
      return { iat: NOW - 10, exp: `${NOW + DAY}` }
    case 'no-iat':
      return { exp: NOW + DAY }
  }
}

export function compose(header: unknown, claims: unknown, key: KeyObject, alg = 'RS256'): string {
  const input = `${encode(header)}.${encode(claims)}`
  const digest = alg === 'RS512' ? 'sha512' : 'sha256'
  return `${input}.${alg === 'none' ? '' : sign(digest, Buffer.from(input), key).toString('base64url')}`
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
