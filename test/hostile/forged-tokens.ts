import {
  createPublicKey,
  createSecretKey,
  generateKeyPairSync,
  type KeyObject,
  createPrivateKey as readPrivateKey
} from 'node:crypto'
import {
  encodePart,
  type Part,
  SESSION_CATEGORY,
  signHmac,
  signingInput,
  signPss,
  signRaw,
  signRsa,
  toBytes,
  toInteger,
  withSignature
} from './forge.js'
import { brokenPaddings } from './padding.js'

/** A token that must be refused, with the expected reason where a single reason is right. */
export interface Forgery {
  readonly name: string
  readonly token: string
  /** Undefined: any of Clerk's reasons. */
  readonly reason?: string
  /** A cookie cannot hold it unchanged: it has `;`, a percent sign, or white space at an end. */
  readonly headerOnly?: boolean
  /** Sent over HTTP it would be the genuine token: white space at the ends of a header value is dropped (RFC 9110 section 5.5). */
  readonly verifierOnly?: boolean
  /** A genuine OAuth access token: routes that accept OAuth tokens may accept it. */
  readonly isOAuth?: boolean
}

export interface Victim {
  /** PEM, PKCS #8. */
  readonly signingKey: string
  readonly kid: string
  readonly issuer: string
  readonly nowMs: number
}

export interface Attacker {
  readonly rsa: KeyObject
  readonly foreignToken: string
}

/** All forgeries against one instance. */
export function createForgeries(victim: Victim, attacker: Attacker): readonly Forgery[] {
  const key = readPrivateKey(victim.signingKey)
  const seconds = Math.floor(victim.nowMs / 1000)
  const claims = {
    azp: 'https://app.local.test',
    exp: seconds + 60,
    iat: seconds,
    iss: victim.issuer,
    nbf: seconds - 10,
    sid: 'sess_victim',
    sub: 'user_victim'
  }
  const header = { alg: 'RS256', cat: SESSION_CATEGORY, kid: victim.kid, typ: 'JWT' }
  const context = { key, claims, header, victim, attacker, good: signRsa(signingInput(header, claims), key) }
  return [
    ...algorithms(context),
    ...keysInTheHeader(context),
    ...otherKeys(context),
    ...signatures(context),
    ...spellings(context),
    ...json(context),
    ...claimTypes(context),
    ...shapes(context),
    ...otherTokens(context)
  ]
}

interface Context {
  readonly key: KeyObject
  readonly claims: Readonly<Record<string, unknown>>
  readonly header: Readonly<Record<string, unknown>>
  readonly victim: Victim
  readonly attacker: Attacker
  readonly good: string
}

/** Signed by the victim's own key: such a token needs a fault at Clerk to exist, and must be refused all the same. */
function genuine(context: Context, header: Part, payload: Part, digest = 'sha256'): string {
  return signRsa(signingInput(header, payload), context.key, digest)
}

function partsOf(token: string): [header: string, payload: string, signature: string] {
  return token.split('.') as [string, string, string]
}

function* algorithms(context: Context): Generator<Forgery> {
  const { key, claims, header, good } = context
  const invalidAlgorithm = 'token-invalid-algorithm'
  const signature = partsOf(good)[2]
  for (const alg of [
    'none',
    'None',
    'NONE',
    'nOnE',
    '',
    'rs256',
    'RS256 ',
    ' RS256',
    'RS256\0',
    'RS1',
    'RSA',
    'SHA256'
  ]) {
    const input = signingInput({ ...header, alg }, claims)
    yield { name: `alg ${JSON.stringify(alg)} without a signature`, token: `${input}.`, reason: invalidAlgorithm }
    yield {
      name: `alg ${JSON.stringify(alg)} with another's signature`,
      token: `${input}.${signature}`,
      reason: invalidAlgorithm
    }
  }
  for (const alg of [null, true, 256, ['RS256'], { alg: 'RS256' }, undefined]) {
    const input = signingInput({ ...header, alg }, claims)
    yield { name: `alg ${JSON.stringify(alg)}, signed`, token: signRsa(input, key), reason: invalidAlgorithm }
  }

  const publicKey = createPublicKey(key)
  const pem = publicKey.export({ type: 'spki', format: 'pem' }) as string
  const jwk = publicKey.export({ format: 'jwk' })
  const secrets: readonly (readonly [string, string | Buffer])[] = [
    ['PEM', pem],
    ['PEM without its last line break', pem.trimEnd()],
    ['PEM on one line', pem.replaceAll('\n', '')],
    ['PKCS #1 PEM', publicKey.export({ type: 'pkcs1', format: 'pem' }) as string],
    ['SPKI DER', publicKey.export({ type: 'spki', format: 'der' })],
    ['JWK', JSON.stringify(jwk)],
    ['modulus', Buffer.from(jwk.n as string, 'base64url')],
    ['modulus text', jwk.n as string],
    ['nothing', '']
  ]
  for (const [name, secret] of secrets) {
    for (const [alg, digest] of [
      ['HS256', 'sha256'],
      ['HS384', 'sha384'],
      ['HS512', 'sha512']
    ] as const) {
      const token = signHmac(signingInput({ ...header, alg }, claims), secret, digest)
      yield { name: `${alg} with the public key as ${name} for a secret`, token, reason: invalidAlgorithm }
    }
    const token = signHmac(signingInput(header, claims), secret)
    yield { name: `an HMAC with the public key as ${name}, named RS256`, token, reason: 'token-invalid-signature' }
  }

  for (const [alg, digest] of [
    ['RS384', 'sha384'],
    ['RS512', 'sha512']
  ] as const) {
    const token = genuine(context, { ...header, alg }, claims, digest)
    yield { name: `${alg} by the key that is for RS256`, token, reason: 'token-verification-failed' }
    const renamed = genuine(context, header, claims, digest)
    yield { name: `${digest} named RS256`, token: renamed, reason: 'token-invalid-signature' }
  }
  for (const digest of ['sha1', 'md5', 'sha224', 'sha512-256']) {
    const token = genuine(context, header, claims, digest)
    yield { name: `${digest} named RS256`, token, reason: 'token-invalid-signature' }
  }
  for (const [alg, digest] of [
    ['PS256', 'sha256'],
    ['PS384', 'sha384'],
    ['PS512', 'sha512']
  ] as const) {
    const token = signPss(signingInput({ ...header, alg }, claims), key, digest)
    yield { name: `${alg} by the right key`, token, reason: invalidAlgorithm }
    const renamed = signPss(signingInput(header, claims), key, digest)
    yield { name: `a signature of ${alg} named RS256`, token: renamed, reason: 'token-invalid-signature' }
  }
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  const ed = generateKeyPairSync('ed25519').privateKey
  for (const alg of ['ES256', 'ES384', 'ES512', 'ES256K', 'EdDSA', 'Ed25519', 'RS256']) {
    const reason = alg === 'RS256' ? 'token-invalid-signature' : invalidAlgorithm
    yield { name: `ECDSA named ${alg}`, token: signRsa(signingInput({ ...header, alg }, claims), ec), reason }
    const edSigned = signRsa(signingInput({ ...header, alg }, claims), ed, null)
    yield { name: `Ed25519 named ${alg}`, token: edSigned, reason }
  }
}

function* keysInTheHeader(context: Context): Generator<Forgery> {
  const { claims, header, attacker } = context
  const jwk = createPublicKey(attacker.rsa).export({ format: 'jwk' })
  const certificate = Buffer.from(createPublicKey(attacker.rsa).export({ type: 'spki', format: 'der' })).toString(
    'base64'
  )
  const secret = createSecretKey(Buffer.alloc(32, 7)).export({ format: 'jwk' })
  const members: readonly (readonly [string, object])[] = [
    ['jwk', { jwk }],
    ['jwk with our kid in it', { jwk: { ...jwk, kid: header.kid } }],
    ['jwk of a secret', { jwk: secret }],
    ['jku', { jku: 'https://evil.test/jwks.json' }],
    ['jku on a host that looks like ours', { jku: `${context.victim.issuer}@evil.test/jwks.json` }],
    ['x5u', { x5u: 'https://evil.test/cert.pem' }],
    ['x5c', { x5c: [certificate] }],
    ['x5t', { x5t: 'AAAA', 'x5t#S256': 'AAAA' }],
    ['all of them', { jwk, jku: 'https://evil.test/', x5u: 'https://evil.test/', x5c: [certificate] }]
  ]
  for (const [name, more] of members) {
    const ours = signRsa(signingInput({ ...header, ...more }, claims), attacker.rsa)
    yield { name: `${name} in the header, under our kid`, token: ours, reason: 'token-invalid-signature' }
    const theirs = signRsa(signingInput({ ...header, ...more, kid: 'ins_evil' }, claims), attacker.rsa)
    yield { name: `${name} in the header, under another kid`, token: theirs, reason: 'jwk-kid-mismatch' }
    const nobody = signRsa(signingInput({ ...header, ...more, kid: undefined }, claims), attacker.rsa)
    yield { name: `${name} in the header, without a kid`, token: nobody, reason: 'jwk-kid-mismatch' }
  }
  const critical = [['exp'], [], ['b64'], ['alg', 'kid'], 'exp', null, {}, [1], ['http://example.com/UNDEFINED']]
  for (const crit of critical) {
    const token = genuine(context, { ...header, crit, b64: true }, claims)
    yield { name: `crit ${JSON.stringify(crit)}, signed`, token, reason: 'token-invalid' }
  }
  const detached = `${encodePart({ ...header, b64: false, crit: ['b64'] })}.${JSON.stringify({ sub: 'user_victim' })}`
  yield {
    name: 'an unencoded payload (RFC 7797), signed',
    token: signRsa(detached, context.key),
    reason: 'token-invalid'
  }
  const encoded = genuine(context, { ...header, b64: false, crit: ['b64'] }, claims)
  yield { name: 'b64: false with an encoded payload, signed', token: encoded, reason: 'token-invalid' }
  const compressed = genuine(context, { ...header, zip: 'DEF', crit: ['zip'] }, claims)
  yield { name: 'a critical zip', token: compressed, reason: 'token-invalid' }
}

function* otherKeys(context: Context): Generator<Forgery> {
  const { claims, header, attacker } = context
  const kids = [
    'ins_other',
    '',
    ' ',
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    '../../../etc/passwd',
    '/dev/null',
    "' OR 1=1 --",
    '\0',
    `${context.victim.kid}\0`,
    `${context.victim.kid} `,
    ` ${context.victim.kid}`,
    context.victim.kid.toUpperCase(),
    '\ud800',
    'ключ',
    '😀',
    'x'.repeat(300),
    'x'.repeat(4000),
    'https://evil.test/'
  ]
  for (const kid of kids) {
    const token = signRsa(signingInput({ ...header, kid }, claims), attacker.rsa)
    yield { name: `kid ${JSON.stringify(kid.slice(0, 40))}`, token, reason: 'jwk-kid-mismatch' }
  }
  for (const kid of [null, 0, 1, true, [], [context.victim.kid], { kid: context.victim.kid }, { toString: 1 }]) {
    const token = genuine(context, { ...header, kid }, claims)
    yield { name: `kid ${JSON.stringify(kid)}, signed`, token, reason: 'jwk-kid-mismatch' }
  }
  yield { name: "another instance's token", token: attacker.foreignToken, reason: 'jwk-kid-mismatch' }
  const renamed = signRsa(signingInput(header, claims), attacker.rsa)
  yield { name: "another key's signature under our kid", token: renamed, reason: 'token-invalid-signature' }
  const issuer = genuine(context, header, { ...claims, iss: 'https://clerk.evil.test' })
  yield { name: 'the issuer of another instance, signed', token: issuer, reason: 'token-invalid-issuer' }
}

function* signatures(context: Context): Generator<Forgery> {
  const { key, claims, header, good } = context
  const invalid = 'token-invalid-signature'
  const input = signingInput(header, claims)
  const signature = Buffer.from(partsOf(good)[2], 'base64url')
  const { length } = signature
  const modulus = toInteger(Buffer.from(createPublicKey(key).export({ format: 'jwk' }).n as string, 'base64url'))
  const forge = (name: string, bytes: Buffer, reason = invalid): Forgery => ({
    name,
    token: withSignature(input, bytes),
    reason
  })

  yield forge('an empty signature', Buffer.alloc(0))
  for (const size of [1, 2, 20, 32, 64, 128, length - 2, length - 1]) {
    yield forge(`the first ${size} octets of the signature`, signature.subarray(0, size))
    yield forge(`the last ${size} octets of the signature`, signature.subarray(length - size))
  }
  yield forge('a zero before the signature', Buffer.concat([Buffer.alloc(1), signature]))
  yield forge('a zero after the signature', Buffer.concat([signature, Buffer.alloc(1)]))
  yield forge('the signature twice', Buffer.concat([signature, signature]))
  yield forge('a signature of 1,500 octets', Buffer.alloc(1500, 1))
  yield forge('zero', Buffer.alloc(length))
  yield forge('one', toBytes(1n, length))
  yield forge('all ones', Buffer.alloc(length, 0xff))
  yield forge('the modulus', toBytes(modulus, length))
  yield forge('the modulus less one', toBytes(modulus - 1n, length))
  yield forge('the signature taken from the modulus', toBytes(modulus - toInteger(signature), length))
  yield forge('the octets reversed', Buffer.from(signature).reverse())
  for (const bit of [0, 7, 1024, length * 8 - 1]) {
    const flipped = Buffer.from(signature)
    flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
    yield forge(`bit ${bit} flipped`, flipped)
  }
  for (const [name, encoded] of brokenPaddings(length, input)) {
    yield { name: `signed with ${name}`, token: signRaw(input, key, encoded), reason: invalid }
  }

  // Signs tokens until one signature begins with a zero byte, and one plus the modulus is still as long as the modulus.
  let leadingZero: string | undefined
  let oversized: string | undefined
  for (let n = 0; n < 4000 && (leadingZero === undefined || oversized === undefined); n++) {
    const token = genuine(context, header, { ...claims, sid: `sess_${n}` })
    const [head, payload, text] = partsOf(token)
    const bytes = Buffer.from(text, 'base64url')
    if (bytes[0] === 0) leadingZero ??= withSignature(`${head}.${payload}`, bytes.subarray(1))
    const sum = toInteger(bytes) + modulus
    if (sum < 1n << BigInt(length * 8)) oversized ??= withSignature(`${head}.${payload}`, toBytes(sum, length))
  }
  if (leadingZero !== undefined) {
    yield { name: 'a signature without its leading zero', token: leadingZero, reason: invalid }
  }
  if (oversized !== undefined) yield { name: 'the signature plus the modulus', token: oversized, reason: invalid }

  const [head, payload, text] = partsOf(good)
  const other = encodePart({ ...claims, sub: 'user_admin' })
  yield { name: 'the signature of another payload', token: `${head}.${other}.${text}`, reason: invalid }
  const otherHead = encodePart({ ...header, oiat: 1 })
  yield { name: 'the signature of another header', token: `${otherHead}.${payload}.${text}`, reason: invalid }
  const moved = `${head}.${payload}`
  yield { name: 'header and payload exchanged', token: `${payload}.${head}.${text}` }
  yield { name: 'the dot moved', token: `${moved.replace('.', '')}.${text}` }
}

/** Other texts that lax decoders take for the same token. */
function* spellings({ good }: Context): Generator<Forgery> {
  const reason = 'token-invalid'
  const parts = partsOf(good)
  const names = ['header', 'payload', 'signature'] as const
  const edited = (index: number, edit: (part: string) => string): string =>
    parts.map((part, i) => (i === index ? edit(part) : part)).join('.')

  for (const [index, name] of names.entries()) {
    for (const [what, text] of [
      ['=', '='],
      ['==', '=='],
      ['a space', ' '],
      ['a tab', '\t'],
      ['a line break', '\n'],
      ['a NUL', '\0'],
      ['a no-break space', '\u00a0'],
      ['a byte order mark', '\ufeff'],
      ['é', 'é'],
      ['a full-width A', '\uff21'],
      ['an emoji', '😀'],
      ['a lone surrogate', '\ud800'],
      ['a comma', ','],
      ['a quote', '"'],
      ['a dot', '.'],
      ['a soft hyphen', '\u00ad'],
      ['a percent sign', '%'],
      ['%00', '%00'],
      ['a tilde', '~']
    ] as const) {
      const headerOnly = /[\s%;]/.test(text)
      const isWhite = /[ \t\n]/.test(text)
      const last = { reason, headerOnly, verifierOnly: isWhite && index === 2 }
      yield { name: `${name} followed by ${what}`, token: edited(index, (part) => part + text), ...last }
      const first = { reason, headerOnly, verifierOnly: isWhite && index === 0 }
      yield { name: `${name} preceded by ${what}`, token: edited(index, (part) => text + part), ...first }
      const middle = (part: string) => part.slice(0, 8) + text + part.slice(8)
      yield { name: `${name} with ${what} inside`, token: edited(index, middle), reason, headerOnly }
    }
    const standard = (part: string) => part.replaceAll('-', '+').replaceAll('_', '/')
    if (standard(parts[index] as string) !== parts[index]) {
      yield { name: `${name} in the standard alphabet`, token: edited(index, standard), reason }
    }
    const rest = (parts[index] as string).length % 4
    if (rest !== 0) {
      const spare = (part: string) => part.slice(0, -1) + nextCharacter(part.slice(-1))
      yield { name: `${name} with trailing bits that are not zero`, token: edited(index, spare), reason }
    }
    yield {
      name: `${name} cut to a length that no octets have`,
      token: edited(index, (part) => cutTo(part, 1)),
      reason
    }
  }
  yield { name: 'quoted', token: `"${good}"`, reason }
  yield { name: 'with percent-encoded dots', token: good.replaceAll('.', '%2E'), reason, headerOnly: true }
  yield { name: 'with ideographic full stops', token: good.replaceAll('.', '\u3002'), reason }
  yield { name: 'in upper case', token: good.toUpperCase() }
}

function nextCharacter(character: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  return alphabet[alphabet.indexOf(character) + 1] as string
}

/** The longest beginning of `part` whose length leaves `rest` when divided by four. */
function cutTo(part: string, rest: number): string {
  let { length } = part
  while (length % 4 !== rest) length--
  return part.slice(0, length)
}

function* json(context: Context): Generator<Forgery> {
  const reason = 'token-invalid'
  const { header, claims, good } = context
  const [head, payload, signature] = partsOf(good)
  const headerText = JSON.stringify(header)
  const payloadText = JSON.stringify(claims)
  const variants: readonly (readonly [string, (text: string) => string | Buffer])[] = [
    ['a byte order mark', (text) => `\ufeff${text}`],
    ['a UTF-16 encoding', (text) => Buffer.from(text, 'utf16le')],
    ['a comment', (text) => `${text}// comment`],
    ['a block comment', (text) => `/* comment */${text}`],
    ['a trailing comma', (text) => text.replace(/}$/, ',}')],
    ['single quotes', (text) => text.replaceAll('"', "'")],
    ['unquoted members', (text) => text.replaceAll(/"(\w+)":/g, '$1:')],
    ['a NUL at the end', (text) => `${text}\0`],
    ['NaN', (text) => text.replace(/}$/, ',"x":NaN}')],
    ['Infinity', (text) => text.replace(/}$/, ',"x":Infinity}')],
    ['a hexadecimal number', (text) => text.replace(/}$/, ',"x":0x10}')],
    ['a number with a leading zero', (text) => text.replace(/}$/, ',"x":01}')],
    ['a raw control character', (text) => text.replace(/}$/, ',"x":"\n"}')],
    ['two objects', (text) => text + text],
    ['a prefix against inclusion', (text) => `)]}',${text}`],
    ['an octet that is no UTF-8', (text) => insert(text, Buffer.from([0xff]))],
    ['an overlong encoding', (text) => insert(text, Buffer.from([0xc0, 0xaf]))],
    ['an encoded surrogate', (text) => insert(text, Buffer.from([0xed, 0xa0, 0x80]))],
    ['half a character', (text) => insert(text, Buffer.from([0xe2, 0x82]))],
    ['an open brace', (text) => text.slice(0, -1)],
    ['nothing', () => ''],
    ['an invalid octet for everything', () => Buffer.from([0xff])],
    ...['null', '[]', '[{}]', '""', '"text"', '0', '1', '-0', 'true', 'false', `[${payloadText}]`].map(
      (text) => [`${text.slice(0, 10)} for an object`, () => text] as const
    )
  ]
  for (const [name, edit] of variants) {
    yield { name: `header with ${name}, signed`, token: genuine(context, edit(headerText), claims), reason }
    yield { name: `payload with ${name}, signed`, token: genuine(context, header, edit(payloadText)), reason }
  }
  const twice = headerText.replace('"alg":"RS256"', '"alg":"none","alg":"RS256"')
  yield {
    name: 'alg twice, none first',
    token: `${encodePart(twice)}.${payload}.${signature}`,
    reason: 'token-invalid-signature'
  }
  const reversed = headerText.replace('"alg":"RS256"', '"alg":"RS256","alg":"none"')
  yield {
    name: 'alg twice, none last',
    token: `${encodePart(reversed)}.${payload}.`,
    reason: 'token-invalid-algorithm'
  }
  const kids = headerText.replace('"kid":', '"kid":"ins_evil","kid":')
  yield { name: 'kid twice', token: `${encodePart(kids)}.${payload}.${signature}`, reason: 'token-invalid-signature' }
  const subs = payloadText.replace(/}$/, ',"sub":"user_admin"}')
  yield { name: 'sub twice', token: `${head}.${encodePart(subs)}.${signature}`, reason: 'token-invalid-signature' }

  const proto = `{"__proto__":${payloadText}}`
  yield {
    name: 'all claims in __proto__, signed',
    token: genuine(context, header, proto),
    reason: 'token-verification-failed'
  }
  const constructorText = `{"constructor":{"prototype":${payloadText}}}`
  yield {
    name: 'all claims in constructor.prototype, signed',
    token: genuine(context, header, constructorText),
    reason: 'token-verification-failed'
  }
  const protoHeader = genuine(context, `{"__proto__":${headerText}}`, claims)
  yield { name: 'all header parameters in __proto__, signed', token: protoHeader }
  const deep = `${'['.repeat(2500)}${']'.repeat(2500)}`
  yield { name: 'a payload of 2,500 nested arrays', token: `${head}.${encodePart(deep)}.${signature}`, reason }
  const deepMember = payloadText.replace(/}$/, `,"x":${deep}}`)
  yield {
    name: 'a claim of 2,500 nested arrays',
    token: `${head}.${encodePart(deepMember)}.${signature}`,
    reason: 'token-invalid-signature'
  }
  const deepHeader = headerText.replace(/}$/, `,"x":${deep}}`)
  yield {
    name: 'a header of 2,500 nested arrays',
    token: `${encodePart(deepHeader)}.${payload}.${signature}`,
    reason: 'token-invalid-signature'
  }
}

/** The JSON object with a further member, whose value is a string of these octets. */
function insert(text: string, octets: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${text.slice(0, -1)},"x":"`), octets, Buffer.from('"}')])
}

function* claimTypes(context: Context): Generator<Forgery> {
  const { header, claims } = context
  const failed = 'token-verification-failed'
  const seconds = claims.iat as number
  const raw = (name: string, text: string): string =>
    JSON.stringify({ ...claims, [name]: '@' }).replace(`"${name}":"@"`, `"${name}":${text}`)
  const rows: readonly (readonly [claim: string, json: string, reason: string])[] = [
    ...['"9999999999"', 'null', 'true', '[9999999999]', '{}', '1e400', '-1e400', '""'].map(
      (text) => ['exp', text, failed] as const
    ),
    ...['0', '-0', '-1', '1', String(seconds - 5), '-1e308', '1e-400'].map(
      (text) => ['exp', text, 'token-expired'] as const
    ),
    ...['null', '1', 'true', '{}', '["user_victim"]', '{"toString":"user_victim"}'].map(
      (text) => ['sub', text, failed] as const
    ),
    ...['null', '"0"', 'true', '[0]', '{}', '1e400', '-1e400'].map((text) => ['nbf', text, failed] as const),
    ...['null', '"0"', 'true', '[0]', '{}', '1e400', '-1e400'].map((text) => ['iat', text, failed] as const),
    ['nbf', String(seconds + 6), 'token-not-active-yet'],
    ['nbf', '1e300', 'token-not-active-yet'],
    ['iat', String(seconds + 6), 'token-iat-in-the-future'],
    ['iat', '1e300', 'token-iat-in-the-future'],
    ...[
      'null',
      '""',
      '1',
      '["https://clerk.example.com"]',
      '{}',
      '"https://clerk.example.com/"',
      '"clerk.example.com"'
    ].map((text) => ['iss', text, 'token-invalid-issuer'] as const),
    ...[
      'null',
      '""',
      '1',
      '["https://app.local.test"]',
      '"https://app.local.test/"',
      '"https://app.local.test.evil.test"',
      '"null"'
    ].map((text) => ['azp', text, 'token-invalid-authorized-parties'] as const),
    ...[
      '"https://other.test"',
      '["https://other.test"]',
      '[["https://api.local.test"]]',
      '[{"aud":"https://api.local.test"}]',
      '["https://api.local.test",null]',
      '{"0":"https://api.local.test","length":1}',
      '{"toString":"https://api.local.test"}',
      '1',
      'true'
    ].map((text) => ['aud', text, failed] as const)
  ]
  for (const [claim, text, reason] of rows) {
    yield { name: `${claim}: ${text}, signed`, token: genuine(context, header, raw(claim, text)), reason }
  }
  for (const [claim, reason] of [
    ['exp', failed],
    ['sub', failed],
    ['iss', 'token-invalid-issuer'],
    ['azp', 'token-invalid-authorized-parties']
  ] as const) {
    yield { name: `no ${claim}, signed`, token: genuine(context, header, { ...claims, [claim]: undefined }), reason }
  }
  yield { name: 'no claims, signed', token: genuine(context, header, {}), reason: failed }
}

function* shapes({ good, header, key }: Context): Generator<Forgery> {
  const reason = 'token-invalid'
  const [head, payload, signature] = partsOf(good)
  const texts: readonly (readonly [string, string])[] = [
    ['one part', head],
    ['two parts', `${head}.${payload}`],
    ['four parts', `${good}.${signature}`],
    ['a five-part JWE', `${encodePart({ alg: 'RSA-OAEP', enc: 'A256GCM' })}.${signature}.AAAA.${payload}.AAAA`],
    ['no header', `.${payload}.${signature}`],
    ['no payload', `${head}..${signature}`],
    ['dots only', '..'],
    ['four dots', '....'],
    ['two tokens and a comma', `${good},${good}`],
    ['two tokens and a dot', `${good}.${good}`],
    ['a token in the payload of another', signRsa(`${encodePart(header)}.${encodePart(good)}`, key)],
    ['a word', 'undefined'],
    ['null', 'null'],
    ['an object', '[object Object]'],
    ['a JSON serialisation (RFC 7515 section 7.2)', JSON.stringify({ payload, protected: head, signature })],
    ['a token of more than 8,192 characters', `${head}.${'A'.repeat(8000)}.${signature}`]
  ]
  for (const [name, token] of texts) yield { name, token, reason, headerOnly: /;/.test(token) }
}

function* otherTokens(context: Context): Generator<Forgery> {
  const { header, claims } = context
  const mismatch = 'token-type-mismatch'
  const tokens: readonly (readonly [string, Part, Part, string])[] = [
    ['a token of a JWT template', { ...header, cat: 'cl_B7d4PD222AAA' }, claims, mismatch],
    ['an M2M token by its category', { ...header, cat: 'cl_B7d4PD333AAA' }, claims, mismatch],
    ['an M2M token by its subject', header, { ...claims, sub: 'mch_machine' }, mismatch],
    ['an OAuth access token', { ...header, typ: 'at+jwt' }, claims, mismatch],
    ['an OAuth access token by its long name', { ...header, typ: 'application/at+jwt' }, claims, mismatch],
    ['a handshake token', header, { handshake: ['__session=x; Path=/'] }, 'token-verification-failed'],
    ...[null, '', 'session', 'CL_B7D4PD111AAA', 1, [SESSION_CATEGORY], {}, '__proto__'].map(
      (cat) => [`category ${JSON.stringify(cat)}`, { ...header, cat }, claims, mismatch] as const
    ),
    ...[
      'jwt',
      'JWE',
      'JOSE',
      'logout+jwt',
      'dpop+jwt',
      'secevent+jwt',
      'application/jwt',
      'AT+JWT',
      '',
      null,
      1,
      ['JWT']
    ].map((typ) => [`typ ${JSON.stringify(typ)}`, { ...header, typ }, claims, 'token-invalid'] as const)
  ]
  for (const [name, head, payload, reason] of tokens) {
    yield { name: `${name}, signed`, token: genuine(context, head, payload), reason, isOAuth: name.includes('OAuth') }
  }
}
