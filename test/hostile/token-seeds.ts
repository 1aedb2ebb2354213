import { generateKeyPairSync } from 'node:crypto'
import { createRsaKey } from '../fixtures/rsa-keys.js'
import { SESSION_CATEGORY, signHmac, signingInput, signPss, signRsa } from './forge.js'

// Signed tokens for the comparison with others.

export const ISSUER = 'https://clerk.example.com'
export const own = createRsaKey('ins_own')
const other = createRsaKey('ins_other')
export const pem = own.publicKey.export({ type: 'spki', format: 'pem' }) as string

/** Signed once each; times are far enough from now for a run of hours. */
export function createSeeds(): readonly string[] {
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
    signRsa(signingInput(header, JSON.stringify(claims).replace('{', '{"sub":"user_admin",')), own.privateKey),
    ...headerTexts(JSON.stringify(header)).map((text) => signRsa(signingInput(text, claims), own.privateKey)),
    ...payloadTexts(JSON.stringify(claims)).map((text) => signRsa(signingInput(header, text), own.privateKey))
  ]
}

/** One more member at the end of a JSON object. */
const withMember = (text: string, member: string): string => text.replace(/}$/, `,${member}}`)

/** The same header in other words, and headers that some parsers read otherwise. */
function headerTexts(text: string): readonly string[] {
  return [
    text.replaceAll(/[:,{]/g, '$& \r\n\t'),
    ` ${text} `,
    text.replace('"alg"', '"\\u0061lg"'),
    text.replace('"RS256"', '"RS25\\u0036"'),
    text.replace('{', '{"alg":"none",'),
    withMember(text, '"alg":"none"'),
    withMember(text, '"alg":"RS256"'),
    text.replace('{', '{"kid":"ins_other",'),
    withMember(text, '"kid":"ins_other"'),
    withMember(text, '"typ":"at+jwt"'),
    withMember(text, '"cat":"cl_B7d4PD222AAA"'),
    withMember(text, '"cty":"JWT"'),
    withMember(text, '"enc":"A256GCM"'),
    withMember(text, '"jku":"https://evil.test/","x5u":"https://evil.test/","x5c":["AAAA"],"x5t":"AAAA"'),
    withMember(text, '"__proto__":{"alg":"none"},"constructor":{"kid":"ins_other"}'),
    withMember(text, '"crit":["b64"],"b64":true'),
    withMember(text, '"crit":null'),
    withMember(text, `"x":${'['.repeat(300)}${']'.repeat(300)}`),
    withMember(text, `"x":"${'x'.repeat(2000)}"`),
    text.replace('"alg":', '"Alg":'),
    text.replace('"typ":"JWT"', '"typ":"application/jwt"')
  ]
}

function payloadTexts(text: string): readonly string[] {
  const later = Math.floor(Date.now() / 1000) + 86_400
  return [
    text.replaceAll(/[:,{]/g, '$& \r\n\t'),
    ` ${text} `,
    text.replace('"sub"', '"s\\u0075b"'),
    text.replace('"user_1"', '"user\\u005f1"'),
    text.replace('"user_1"', '"\\ud800"'),
    text.replace('"user_1"', '"\\u0000"'),
    withMember(text, '"exp":1'),
    withMember(text, '"exp":null'),
    withMember(text, `"exp":${later}.5`),
    withMember(text, `"exp":${later}e0`),
    withMember(text, '"exp":1e400'),
    withMember(text, '"exp":-0'),
    withMember(text, '"exp":9007199254740993'),
    withMember(text, '"exp":99999999999999999999999999'),
    withMember(text, '"nbf":-0'),
    withMember(text, '"nbf":-1e400'),
    withMember(text, '"iat":1.5'),
    withMember(text, '"iat":-1'),
    withMember(text, '"iss":"https://evil.test"'),
    withMember(text, '"iss":["https://clerk.example.com"]'),
    withMember(text, '"azp":["https://app.test"]'),
    withMember(text, '"azp":""'),
    withMember(text, '"sub":["user_admin"]'),
    withMember(text, '"__proto__":{"sub":"user_admin"}'),
    withMember(text, `"x":${'['.repeat(300)}${']'.repeat(300)}`),
    withMember(text, `"x":${'{"x":'.repeat(200)}1${'}'.repeat(200)}`),
    `[${text}]`,
    `${text}${text}`,
    `${text}\0`,
    withMember(text, '"x":\'y\''),
    text.replace(/}$/, ',}')
  ]
}
