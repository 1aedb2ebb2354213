import fc from 'fast-check'
import t from 'tap'
import type { Carried } from '../../../src/core/request/carried.js'
import { usesSuffixedCookies } from '../../../src/core/state/cookie-family.js'
import { carriedOf, createScene, type FakeToken, NOW, PRODUCTION_HOST, settingsOf } from '../../fixtures/state-scene.js'

const TOKENS: Record<string, FakeToken> = {
  own: { claims: { iat: NOW - 20 } },
  newer: { claims: { iat: NOW - 10 } },
  foreign: { claims: { iss: 'https://clerk.other.test', iat: NOW } },
  expired: { claims: { iat: NOW - 90, exp: NOW - 30 } },
  'ends-now': { claims: { iat: NOW - 60, exp: NOW } },
  'no-issuer': { claims: { iss: undefined } },
  'empty-issuer': { claims: { iss: '' } },
  'number-issuer': { claims: { iss: 7 } },
  'bare-issuer': { claims: { iss: PRODUCTION_HOST, iat: NOW - 20 } },
  'loud-issuer': { claims: { iss: `HTTPS://${PRODUCTION_HOST}`, iat: NOW - 20 } },
  'plain-issuer': { claims: { iss: `http://${PRODUCTION_HOST}`, iat: NOW - 20 } },
  'odd-times': { claims: { iat: '99999999999', exp: null } },
  known: { known: true, claims: { iat: NOW - 15 } }
}

type Cookies = { S?: string; U?: string; Ss?: string; Us?: string }

function isSuffixed(cookies: Cookies, instanceType: 'production' | 'development' = 'production'): boolean {
  const carried: Carried = carriedOf({
    cookies: {
      session: cookies.S ?? '',
      clientUat: cookies.U ?? '',
      sessionSuffixed: cookies.Ss ?? '',
      clientUatSuffixed: cookies.Us ?? ''
    }
  })
  return usesSuffixedCookies(contextOf(instanceType), carried.cookies)
}

function contextOf(instanceType: 'production' | 'development') {
  // The same host for both, so that one set of tokens serves.
  const settings = settingsOf({ instanceType, frontendApi: PRODUCTION_HOST, originalFrontendApi: PRODUCTION_HOST })
  const scene = createScene({ frontendApi: PRODUCTION_HOST, originalFrontendApi: PRODUCTION_HOST }, TOKENS)
  return {
    settings,
    effects: scene.effects,
    refresh: async () => ({ ok: false, code: '', retryAfterSeconds: null }) as const,
    refusedHandshake: null
  }
}

const rows: [rule: string, cookies: Cookies, suffixed: boolean, instanceType?: 'development'][] = [
  ['1: an undecodable unsuffixed token counts, so that it is refused', { S: 'garbage', Ss: 'own', Us: '5' }, false],
  ['1: so does one without issuer', { S: 'no-issuer', Ss: 'own', Us: '5' }, false],
  ['1: and one with an empty issuer', { S: 'empty-issuer', Ss: 'own', Us: '5' }, false],
  ['2: a foreign token belongs to a sibling application', { S: 'foreign', U: '5' }, true],
  ['2: an issuer that is no string is foreign', { S: 'number-issuer', U: '5' }, true],
  ['2: an issuer without scheme is compared as it is', { S: 'bare-issuer', U: '5' }, false],
  ['2: the scheme has no case', { S: 'loud-issuer', U: '5' }, false],
  ['2: nor does it tell http from https', { S: 'plain-issuer', U: '5' }, false],
  ['3: nothing suffixed', { S: 'own', U: '5' }, false],
  ['3: nothing at all', {}, false],
  ['4: the unsuffixed token is newer', { S: 'newer', U: '5', Ss: 'own', Us: '5' }, false],
  ['4: not when the suffixed side is signed out', { S: 'newer', U: '0', Ss: 'own', Us: '0' }, true],
  ['5: signed out under the suffix, signed in without', { S: 'own', U: '5', Ss: 'own', Us: '0' }, false],
  ['5: an absent unsuffixed timestamp is not 0', { Us: '0' }, false],
  [
    '6: development, suffixed token expired, unsuffixed signed out',
    { U: '0', Ss: 'expired', Us: '5' },
    false,
    'development'
  ],
  ['6: a token that ends this second has expired', { U: '0', Ss: 'ends-now', Us: '5' }, false, 'development'],
  ['6: not in production', { U: '0', Ss: 'expired', Us: '5' }, true],
  ['6: not when it is in time', { U: '0', Ss: 'own', Us: '5' }, true, 'development'],
  ['7: a suffixed token without a suffixed timestamp', { Ss: 'own' }, false],
  ['8: both families the same', { S: 'own', U: '5', Ss: 'own', Us: '5' }, true],
  ['8: the suffixed token is newer', { S: 'own', U: '5', Ss: 'newer', Us: '5' }, true],
  ['8: a verified token in memory is looked at the same way', { S: 'own', U: '5', Ss: 'known', Us: '5' }, true],
  ['8: times that are no numbers count as none', { S: 'odd-times', U: '5', Ss: 'own', Us: '5' }, true]
]

for (const [rule, cookies, suffixed, instanceType] of rows) {
  t.test(rule, async (t) => {
    t.equal(isSuffixed(cookies, instanceType ?? 'production'), suffixed)
  })
}

/** The rules as the reference words them, without the shortcuts. */
function naive({ S, U, Ss, Us }: Cookies, production: boolean): boolean {
  const claims = (name: string | undefined) => {
    const fake = name ? TOKENS[name] : undefined
    if (fake === undefined) return null
    const all = { iss: `https://${PRODUCTION_HOST}`, iat: NOW - 10, exp: NOW + 50, ...fake.claims }
    return all as Record<string, unknown>
  }
  const time = (value: unknown) => (typeof value === 'number' ? value : 0)
  const s = claims(S)
  const ss = claims(Ss)
  if (S && !s?.iss) return false
  if (S && (typeof s?.iss !== 'string' || s.iss.replace(/https?:\/\//gi, '') !== PRODUCTION_HOST)) return true
  if (!Us && !Ss) return false
  if (Us !== '0' && U !== '0' && time(s?.iat) > time(ss?.iat)) return false
  if (Us === '0' && U !== '0') return false
  if (!production && Us !== '0' && U === '0' && ss && typeof ss.exp === 'number' && ss.exp <= NOW) return false
  return !(!Us && Ss)
}

t.test('every combination is chosen as the rules say one by one', async (t) => {
  const token = fc.constantFrom('', 'garbage', ...Object.keys(TOKENS))
  const uat = fc.constantFrom('', '0', '5', `${NOW}`, 'abc')
  fc.assert(
    fc.property(token, uat, token, uat, fc.boolean(), (S, U, Ss, Us, production) => {
      const cookies = { S, U, Ss, Us }
      return isSuffixed(cookies, production ? 'production' : 'development') === naive(cookies, production)
    }),
    { numRuns: 5000, seed: 3 }
  )
  t.pass()
})
