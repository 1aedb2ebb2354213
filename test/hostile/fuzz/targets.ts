import assert from 'node:assert/strict'
import { createSignedInAuth } from '../../../src/core/auth/session-auth.js'
import type { SessionClaims } from '../../../src/core/auth/types.js'
import { encodeSegment } from '../../../src/core/backend-api/path.js'
import { createInstance } from '../../../src/core/instance.js'
import { parseKeySetText } from '../../../src/core/jwks/key-set.js'
import { silentLogger } from '../../../src/core/logger.js'
import { ANY_AUDIENCE } from '../../../src/core/machine/audience.js'
import { readInstanceOptions } from '../../../src/core/options/instance-settings.js'
import { buildPublishableKey, parsePublishableKey } from '../../../src/core/publishable-key.js'
import { parseAuthorization } from '../../../src/core/request/authorization.js'
import type { CarriedCookies } from '../../../src/core/request/carried.js'
import { compileCookieReader, createCarriedCookies } from '../../../src/core/request/cookies.js'
import { publicUrl } from '../../../src/core/request/public-url.js'
import { readCarried } from '../../../src/core/request/read-carried.js'
import type { RequestState } from '../../../src/core/state/request-state.js'
import { parseDirectives, sessionTokenOf } from '../../../src/core/state/set-cookie-directives.js'
import { UnseenSession } from '../../../src/core/state/unseen-session.js'
import { compileClaimCheck } from '../../../src/core/token/claims.js'
import { VerifiedToken } from '../../../src/core/token/verified-token.js'
import { answerFirstSeen, answerOf } from '../../fixtures/first-seen-road.js'
import { createRsaKey } from '../../fixtures/rsa-keys.js'
import { decodeParts } from '../../fixtures/unverified-token.js'
import { encodePart, SESSION_CATEGORY, signingInput, signRsa } from '../forge.js'

export interface Target {
  readonly name: string
  readonly seeds: readonly string[]
  /** Texts that a mutation inserts, besides single octets. */
  readonly words: readonly string[]
  /** Throws when the input breaks a property. */
  run(input: Buffer): void | Promise<void>
}

const key = createRsaKey('ins_fuzz')
const pem = key.publicKey.export({ type: 'spki', format: 'pem' }) as string
const publishableKey = 'pk_live_Y2xlcmsuZXhhbXBsZS5jb20k'
const suffix = 'naoXFJnI'
const seconds = 1_750_000_000
const claims = { exp: seconds + 60, iat: seconds, iss: 'https://clerk.example.com', sid: 'sess_1', sub: 'user_1' }
const header = { alg: 'RS256', cat: SESSION_CATEGORY, kid: 'ins_fuzz', typ: 'JWT' }
const token = signRsa(signingInput(header, claims), key.privateKey)
const claimsV2 = {
  ...claims,
  v: 2,
  o: { id: 'org_1', rol: 'admin', per: 'read,manage', fpm: '3,1' },
  fea: 'o:a,o:b,u:c',
  pla: 'o:pro',
  act: { sub: 'user_2' },
  fva: [1, -1],
  sts: 'active'
}
const JSON_WORDS = [
  '{',
  '}',
  '[',
  ']',
  '"',
  ':',
  ',',
  'null',
  'true',
  '-0',
  '1e400',
  '""',
  '"sub":',
  '"exp":',
  '"iat":',
  '"nbf":',
  '"o":',
  '"fea":',
  '"act":',
  '"fva":',
  '"v":2',
  '__proto__',
  '\\u0000',
  '9007199254740993'
]

/** Header text as it arrives: octets as Latin-1. */
const latin1 = (input: Buffer): string => input.toString('latin1')

// ── Naive versions: the rules, written for clarity alone ─────────────────────────────────────────────────────────────

function readCookiesNaively(text: string): CarriedCookies {
  const jar = new Map<string, string>()
  const trim = (part: string) => part.replace(/^[ \t]+/, '').replace(/[ \t]+$/, '')
  for (const piece of text.split(';')) {
    const [name = '', ...rest] = piece.split('=')
    if (rest.length === 0 || jar.has(trim(name))) continue
    const value = trim(rest.join('='))
    try {
      jar.set(trim(name), decodeURIComponent(value))
    } catch {
      jar.set(trim(name), value)
    }
  }
  const of = (name: string) => jar.get(name) ?? ''
  return {
    session: of('__session'),
    sessionSuffixed: of(`__session_${suffix}`),
    clientUat: of('__client_uat'),
    clientUatSuffixed: of(`__client_uat_${suffix}`),
    devBrowser: of('__clerk_db_jwt'),
    devBrowserSuffixed: of(`__clerk_db_jwt_${suffix}`),
    refreshSuffixed: of(`__refresh_${suffix}`),
    handshake: of('__clerk_handshake'),
    handshakeNonce: of('__clerk_handshake_nonce'),
    redirectCount: of('__clerk_redirect_count')
  }
}

function parseAuthorizationNaively(text: string): string {
  const [first = '', second] = text.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, '').split(' ')
  if (second === undefined) return first
  if (first.toLowerCase() !== 'bearer') return ''
  return second === '' ? first : second
}

function decodeNaively(text: string): unknown {
  const parts = text.split('.')
  if (text.length > 8192 || parts.length !== 3 || parts[0] === '' || parts[1] === '') return null
  if (!parts.every((part) => Buffer.from(part, 'base64url').toString('base64url') === part)) return null
  try {
    const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
    const [header, claims] = parts.slice(0, 2).map((part) => JSON.parse(utf8.decode(Buffer.from(part, 'base64url'))))
    for (const part of [header, claims])
      if (typeof part !== 'object' || part === null || Array.isArray(part)) return null
    return { header, claims }
  } catch {
    return null
  }
}

// ── Targets ──────────────────────────────────────────────────────────────────────────────────────────────────────────

const readCookies = compileCookieReader(suffix)

const cookies: Target = {
  name: 'cookies',
  seeds: [
    `__session=${token}; __client_uat=1`,
    `a=b; __session_${suffix}=x%20y;__client_uat_${suffix}=0`,
    '__refresh_x=1;;=;'
  ],
  words: [
    '__session',
    '__client_uat',
    '__clerk_db_jwt',
    '__clerk_handshake',
    '__clerk_handshake_nonce',
    '__clerk_redirect_count',
    `_${suffix}`,
    '__refresh',
    '=',
    ';',
    '; ',
    '\t',
    ' ',
    '%3B',
    '%',
    '%zz',
    '%e2%82',
    '_',
    '"'
  ],
  run(input) {
    const text = latin1(input)
    const read = createCarriedCookies()
    readCookies(text, read)
    assert.deepEqual({ ...read }, readCookiesNaively(text))
  }
}

const authorization: Target = {
  name: 'authorization',
  seeds: [`Bearer ${token}`, 'bearer x', 'Basic x', 'x', '  Bearer x y '],
  words: ['Bearer', 'bearer ', 'BEARER', ' ', '  ', '\t', '\n', ',', '='],
  run(input) {
    const text = latin1(input)
    // `trim()` also removes white space that HTTP does not know. A text with such white space is no token in either case.
    if (/[\u00a0\v\f]/.test(text)) return
    const parsed = parseAuthorization(text)
    assert.equal(parsed, parseAuthorizationNaively(text))
    assert.ok(text.includes(parsed) && !parsed.includes(' '))
  }
}

const jwt: Target = {
  name: 'token',
  seeds: [token, `${encodePart('null')}.${encodePart('{}')}.`, `${encodePart('{}')}.${encodePart('{}')}.AAAA`],
  words: [
    '.',
    '..',
    '=',
    '-',
    '_',
    '+',
    '/',
    'A',
    encodePart('{}'),
    encodePart('{"alg":"none"}'),
    encodePart('[]'),
    '\n'
  ],
  run(input) {
    const text = latin1(input)
    assert.deepEqual(decodeParts(text), decodeNaively(text))
  }
}

/** The JSON of a part, mutated before it is encoded: mutations of the encoded text rarely stay JSON. */
const jose: Target = {
  name: 'json-parts',
  seeds: [JSON.stringify(header), JSON.stringify(claimsV2), '{"__proto__":{"sub":"x"}}'],
  words: [...JSON_WORDS, '"alg":"none"', '"crit":[]', '"kid":', '"cat":', '"typ":"at+jwt"', '\ufeff'],
  async run(input) {
    const decoded = decodeParts(`${encodePart(input)}.${encodePart(input)}.`)
    assert.deepEqual(decoded, decodeNaively(`${encodePart(input)}.${encodePart(input)}.`))
    const result = await instance.verifyToken(`${encodePart(input)}.${encodePart(claims)}.${token.split('.')[2]}`)
    if (result.ok) assert.equal(encodePart(input), token.split('.')[0])
    assert.equal(({} as { sub?: unknown }).sub, undefined)
  }
}

const checkClaims = compileClaimCheck({
  audience: ['https://api.test'],
  authorizedParties: [],
  issuers: [],
  reportOnly: { issuer: false, authorizedParties: false },
  onReport() {}
})
const AUTH_CONTEXT = { fetchToken: () => Promise.reject(new Error('not asked')) }

const claimsTarget: Target = {
  name: 'claims',
  seeds: [
    JSON.stringify(claims),
    JSON.stringify(claimsV2),
    JSON.stringify({ ...claims, org_id: 'o', org_role: 'r', org_permissions: ['p'] })
  ],
  words: [
    ...JSON_WORDS,
    '"fpm":"18446744073709551616"',
    '"per":1',
    '"aud":[[',
    '"sts":"pending"',
    '"org_permissions":[1]',
    '"pla":":"'
  ],
  run(input) {
    let json: unknown
    try {
      json = JSON.parse(input.toString())
    } catch {
      return
    }
    if (typeof json !== 'object' || json === null || Array.isArray(json)) return
    const reason = checkClaims(json as Record<string, unknown>, seconds * 1000, 5000)
    assert.ok(reason === null || typeof reason === 'string')
    if (reason !== null) return
    const auth = createSignedInAuth(json as SessionClaims, 'token', AUTH_CONTEXT)
    assert.equal(auth.userId, (json as { sub: string }).sub)
    for (const params of [
      { role: 'org:admin' },
      { permission: 'org:a:read' },
      { feature: 'o:a' },
      { plan: 'pro' },
      { reverification: 'strict' }
    ] as const) {
      assert.equal(typeof auth.has(params as never), 'boolean')
    }
    assert.ok(Object.isFrozen(auth) && Object.isFrozen(auth.sessionClaims))
  }
}

const keySet: Target = {
  name: 'key-set',
  seeds: [
    JSON.stringify({ keys: [key.jwk] }),
    '{"keys":[]}',
    JSON.stringify({ keys: [{ ...key.jwk, e: 'Aw' }, key.jwk] })
  ],
  words: [
    ...JSON_WORDS,
    '"keys":',
    '"n":"',
    '"e":"AQAB"',
    '"kty":"RSA"',
    '"d":""',
    '"use":"enc"',
    '"alg":"HS256"',
    'Aw',
    'AQ',
    '"key_ops":[]'
  ],
  async run(input) {
    const set = await parseKeySetText(input.toString(), 4)
    if (typeof set === 'string') return
    assert.ok(set.keys.length >= 1 && set.keys.length <= 4)
    for (const { keyObject, algorithm, kid } of set.keys) {
      const { modulusLength = 0, publicExponent = 0n } = keyObject.asymmetricKeyDetails ?? {}
      assert.ok(keyObject.type === 'public' && modulusLength >= 2048 && modulusLength <= 8192)
      assert.ok(publicExponent >= 65_537n && publicExponent % 2n === 1n)
      assert.match(algorithm, /^RS(256|384|512)$/)
      assert.match(kid, /^[\x21-\x7e]{1,256}$/)
    }
  }
}

const publishable: Target = {
  name: 'publishable-key',
  seeds: [publishableKey, 'pk_test_aGFwcHktbGlvbi0xMi5jbGVyay5hY2NvdW50cy5kZXYk', 'pk_live_'],
  words: ['pk_', 'live_', 'test_', '=', '==', '_', '$', 'JA', Buffer.from('a.b$').toString('base64')],
  run(input) {
    const parsed = parsePublishableKey(latin1(input))
    if (parsed === null) return
    const url = new URL(`https://${parsed.frontendApi}/`)
    assert.ok(url.pathname === '/' && url.username === '' && url.search === '' && url.hash === '')
    assert.deepEqual(parsePublishableKey(buildPublishableKey(parsed.frontendApi, parsed.instanceType)), parsed)
  }
}

const pemTarget: Target = {
  name: 'pem',
  seeds: [pem, pem.replaceAll('\n', '\\n'), pem.replaceAll('\n', ' '), pem.split('\n').slice(1, -2).join('')],
  words: [
    '-----BEGIN PUBLIC KEY-----',
    '-----END PUBLIC KEY-----',
    '-----BEGIN PRIVATE KEY-----',
    '-----BEGIN RSA PUBLIC KEY-----',
    '\\n',
    '\r\n',
    '\n',
    ' ',
    '=',
    'MIIBIjANBgkq'
  ],
  run(input) {
    try {
      const { jwtKey } = readInstanceOptions({ jwtKey: input.toString() }, { env: {}, logger: silentLogger })
      assert.ok(jwtKey.length >= 1)
    } catch (error) {
      assert.match(`${(error as { code?: unknown }).code}`, /^FST_CLERK_/)
      assert.ok((error as Error).message.length < 300)
    }
  }
}

const url: Target = {
  name: 'public-url',
  seeds: [
    'https app.test /a?b#c',
    'http [::1]:80 //evil.test',
    'https app.test http://evil.test/',
    'https a:b@c /\\evil'
  ],
  words: [
    ' ',
    '//',
    '/\\',
    '\\',
    '@',
    ':',
    '#',
    '?',
    '%2f',
    '%0d%0a',
    '..',
    '/./',
    'evil.test',
    'https',
    'javascript:',
    '[',
    ']',
    '\t'
  ],
  run(input) {
    const [protocol = '', host = '', ...rest] = latin1(input).split(' ')
    const parsed = publicUrl(protocol, host, rest.join(' '))
    assert.ok(
      (parsed.protocol === 'http:' || parsed.protocol === 'https:') && parsed.username === '' && parsed.hash === ''
    )
    assert.equal(publicUrl('https', 'app.test', rest.join(' ')).origin, 'https://app.test')
    assert.match(parsed.href, /^[\x21-\x7e]+$/)
  }
}

const directives: Target = {
  name: 'set-cookie',
  seeds: [`__session=${token}; Path=/; HttpOnly\n__client_uat=1`, '=x', '__session_x=a=b'],
  words: ['__session', '=', ';', '\r', '\n', '\0', 'é', '\u2028', ' ', '"'],
  run(input) {
    const lines = [...input.toString().split('\n'), input.toString()]
    const parsed = parseDirectives(lines)
    // Node throws for a header value with other characters, and the answer would be a 500.
    for (const line of parsed) assert.doesNotMatch(line, /[^\t\x20-\x7e\x80-\xff]/)
    assert.equal(typeof sessionTokenOf(parsed), 'string')
    assert.ok(parsed.every((line) => lines.includes(line)))
  }
}

const segment: Target = {
  name: 'path-segment',
  seeds: ['sess_1', '..', '%2e%2e', '%252e', 'a/b'],
  words: ['%', '%2e', '%2f', '%5c', '%25', '.', '..', '/', '\\', '?', '#'],
  run(input) {
    const encoded = encodeSegment(input.toString())
    if (encoded === null) return
    const base = 'https://api.test/v1/sessions/'
    assert.equal(new URL(`${base}${encoded}/refresh`).pathname, `/v1/sessions/${encoded}/refresh`)
  }
}

const instance = createInstance(
  readInstanceOptions(
    { publishableKey, jwks: { keys: [key.jwk] }, now: () => seconds * 1000 },
    { env: {}, logger: silentLogger }
  )
)

const SESSIONS = { acceptsToken: 'session_token', allowsHandshake: true, audience: ANY_AUDIENCE } as const

/** A whole request, one line each: target, host, Authorization, Cookie, and the headers that decide. */
const request: Target = {
  name: 'request',
  seeds: [
    `/\napp.test\nBearer ${token}\n\n\n\n`,
    `/?__clerk_handshake=x\napp.test\n\n__session=${token}; __client_uat=${seconds}\ndocument\n\nhttps://evil.test/`,
    `//evil.test?__clerk_db_jwt=x\nevil.test\n\n__client_uat=1\n\ntext/html\n`
  ],
  words: [
    '\n',
    '//',
    '?',
    '__clerk_handshake=',
    '__clerk_handshake_nonce=',
    '__clerk_synced=false',
    '__clerk_redirect_count=3',
    'document',
    'iframe',
    'text/html',
    '%5f',
    'Bearer ',
    'ak_',
    'mt_',
    'oat_',
    token,
    '__session=',
    `; __client_uat=${seconds}`
  ],
  async run(input) {
    const [target = '', host = '', authorization, cookie, destination, accept, referer] = latin1(input).split('\n')
    const headers = { authorization, cookie, 'sec-fetch-dest': destination, accept, referer }
    const carried = readCarried({ method: 'GET', target, headers, protocol: 'https', host }, instance.readCookies)
    const known = instance.knownSession('GET', target, headers, { protocol: 'https', host })
    let unseen: RequestState | null = null
    if (known instanceof UnseenSession) unseen = await answerFirstSeen(instance, known, carried, SESSIONS)
    else if (known !== null && !(known instanceof VerifiedToken)) assert.deepEqual(known, carried.cookies)
    for (const acceptsToken of ['session_token', 'any', ['api_key']] as const) {
      const state = await instance.authenticate(carried, {
        acceptsToken,
        allowsHandshake: true,
        audience: ANY_AUDIENCE
      })
      if (state.status === 'signed-in') assert.equal(state.verified?.token, token)
      if (unseen !== null && acceptsToken === 'session_token') assert.equal(answerOf(unseen), answerOf(state))
      if (known instanceof VerifiedToken && acceptsToken === 'session_token') assert.equal(state.verified, known)
      if (state.location !== null) assert.equal(new URL(state.location).origin, 'https://clerk.example.com')
      for (const line of state.setCookies) assert.doesNotMatch(line, /[^\t\x20-\x7e\x80-\xff]/)
    }
  }
}

export const targets: readonly Target[] = [
  cookies,
  authorization,
  jwt,
  jose,
  claimsTarget,
  keySet,
  publishable,
  pemTarget,
  url,
  directives,
  segment,
  request
]
