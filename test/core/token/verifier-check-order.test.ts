import t from 'tap'
import { createTokenVerifier } from '../../../src/index.js'
import { createRsaKey } from '../../fixtures/rsa-keys.js'
import { SESSION_CATEGORY, signingInput, signRsa } from '../../hostile/forge.js'

// Of two things that are wrong with a token, the row that comes first answers (token/README.md section 3).

const NOW = 1_750_000_000
const own = createRsaKey('own')
const other = createRsaKey('other')

const HEADER = { alg: 'RS256', typ: 'JWT', kid: 'own', cat: SESSION_CATEGORY }
const CLAIMS = {
  sub: 'user_1',
  sid: 'sess_1',
  iss: 'https://clerk.example.com',
  azp: 'https://app.test',
  aud: 'api',
  nbf: NOW - 10,
  iat: NOW - 10,
  exp: NOW + 60
}

interface Defect {
  readonly row: number
  readonly header?: object
  readonly claims?: object
  readonly isForged?: boolean
  readonly reason: string
}

const DEFECTS: readonly Defect[] = [
  { row: 2, header: { cat: 'cl_B7d4PD222AAA' }, reason: 'token-type-mismatch' },
  { row: 3, header: { kid: 'unknown' }, reason: 'jwk-kid-mismatch' },
  { row: 4, header: { crit: ['exp'] }, reason: 'token-invalid' },
  { row: 4, header: { typ: 'JOSE' }, reason: 'token-invalid' },
  { row: 5, header: { alg: 'ES256' }, reason: 'token-invalid-algorithm' },
  { row: 5, header: { alg: 'RS512' }, reason: 'token-verification-failed' },
  { row: 6, isForged: true, reason: 'token-invalid-signature' },
  { row: 7, claims: { sub: 7 }, reason: 'token-verification-failed' },
  { row: 8, claims: { aud: 'other' }, reason: 'token-verification-failed' },
  { row: 9, claims: { azp: 'https://evil.test' }, reason: 'token-invalid-authorized-parties' },
  { row: 10, claims: { iss: 'https://clerk.other.test' }, reason: 'token-invalid-issuer' },
  { row: 11, claims: { exp: NOW - 60 }, reason: 'token-expired' },
  { row: 12, claims: { nbf: NOW + 60 }, reason: 'token-not-active-yet' },
  { row: 13, claims: { iat: NOW + 60 }, reason: 'token-iat-in-the-future' },
  { row: 14, claims: { sid: 'sess_revoked' }, reason: 'session-revoked' }
]

function tokenWith(defects: readonly Defect[]): string {
  const input = signingInput(
    Object.assign({ ...HEADER }, ...defects.map(({ header }) => header)),
    Object.assign({ ...CLAIMS }, ...defects.map(({ claims }) => claims))
  )
  return signRsa(input, defects.some(({ isForged }) => isForged) ? other.privateKey : own.privateKey)
}

/** Whether two defects write the same member, so that one token cannot have both. */
function exclude(a: Defect, b: Defect): boolean {
  const members = ({ header, claims }: Defect) => [...Object.keys(header ?? {}), ...Object.keys(claims ?? {})]
  return members(a).some((name) => members(b).includes(name))
}

t.test('the earlier of two rows answers', async (t) => {
  const verifier = createTokenVerifier({
    publishableKey: 'pk_live_Y2xlcmsuZXhhbXBsZS5jb20k',
    jwks: { keys: [own.jwk] },
    audience: 'api',
    authorizedParties: ['https://app.test'],
    now: () => NOW * 1000
  })
  t.teardown(() => verifier.close())
  await verifier.ready()
  await verifier.revoke({ sessionId: 'sess_revoked' })
  const judge = async (token: string) => {
    const result = await verifier.verify(token)
    return result.ok ? null : result.reason
  }

  t.equal(await judge(tokenWith([])), null, 'without a defect it is good')
  for (const [index, first] of DEFECTS.entries()) {
    t.equal(await judge(tokenWith([first])), first.reason, `row ${first.row} alone`)
    t.equal(await judge(`${tokenWith([first])}=`), 'token-invalid', `malformed before row ${first.row}`)
    for (const second of DEFECTS.slice(index + 1)) {
      if (exclude(first, second)) continue
      t.equal(await judge(tokenWith([first, second])), first.reason, `row ${first.row} before row ${second.row}`)
    }
  }
})
