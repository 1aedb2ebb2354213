import t from 'tap'
import { type ClaimRules, compileClaimCheck, isPlausible } from '../../src/core/token/claims.js'

// Each rule at its limits: claims that are refused for a millisecond, a type or a member of a list.

const NOW = 1_750_000_000
const NOW_MS = NOW * 1000
const SKEW_MS = 5000
const good = {
  sub: 'user_1',
  exp: NOW + 60,
  nbf: NOW - 10,
  iat: NOW,
  iss: 'https://clerk.example.com',
  azp: 'https://app.test'
}

function judge(claims: object, rules: Partial<ClaimRules> = {}, nowMs = NOW_MS, skewMs = SKEW_MS): string {
  const check = compileClaimCheck({
    audience: [],
    authorizedParties: [],
    issuers: [],
    reportOnly: { issuer: false, authorizedParties: false },
    onReport() {},
    ...rules
  })
  return check({ ...good, ...claims }, nowMs, skewMs) ?? 'accepted'
}

t.test('a token is good to the last millisecond of its time and the skew, and not a millisecond longer', async (t) => {
  const expiresMs = (NOW + 60) * 1000 + SKEW_MS
  t.equal(judge({}, {}, expiresMs - 1), 'accepted')
  t.equal(judge({}, {}, expiresMs), 'token-expired')
  t.equal(judge({ nbf: NOW + 5 }), 'accepted')
  t.equal(judge({ nbf: NOW + 5 }, {}, NOW_MS - 1), 'token-not-active-yet')
  t.equal(judge({ iat: NOW + 5 }), 'accepted')
  t.equal(judge({ iat: NOW + 5 }, {}, NOW_MS - 1), 'token-iat-in-the-future')
  t.equal(judge({ exp: NOW }, {}, NOW_MS, 0), 'token-expired')
  t.equal(judge({ nbf: NOW, iat: NOW }, {}, NOW_MS, 0), 'accepted')
})

t.test(
  'an audience must name one of ours, and be a string or a list of strings; no audience says nothing',
  async (t) => {
    const audience = ['https://api.test', 'https://api2.test']
    const rows: readonly (readonly [aud: unknown, expected: boolean])[] = [
      ['https://api.test', true],
      ['https://api2.test', true],
      ['https://other.test', false],
      ['https://api.test/', false],
      ['', true],
      [undefined, true],
      [[], true],
      [['https://other.test', 'https://api.test'], true],
      [['https://other.test'], false],
      [[''], false],
      [null, true],
      [['https://api.test', 1], false],
      [['https://other.test', 1], false],
      [[['https://api.test']], false],
      [{ 0: 'https://api.test' }, false],
      [{}, false],
      [0, false],
      [1, false],
      [true, false]
    ]
    for (const [aud, expected] of rows) {
      t.equal(judge({ aud }, { audience }), expected ? 'accepted' : 'token-verification-failed', JSON.stringify(aud))
      t.equal(judge({ aud }), 'accepted', `${JSON.stringify(aud)} where no audience is asked for`)
    }
  }
)

t.test('a function of authorized parties accepts by true alone, and is asked about origins alone', async (t) => {
  const asked: unknown[] = []
  const accept = (answer: unknown) => (azp: string) => {
    asked.push(azp)
    return answer as boolean
  }
  const azp = 'https://pr-7.preview.test'
  t.equal(judge({ azp }, { authorizedParties: accept(true) }), 'accepted')
  for (const answer of [false, undefined, 1, 'yes', Promise.resolve(true)]) {
    t.equal(judge({ azp }, { authorizedParties: accept(answer) }), 'token-invalid-authorized-parties', String(answer))
  }
  const failing = () => {
    throw new Error('mine')
  }
  t.equal(judge({ azp }, { authorizedParties: failing }), 'token-invalid-authorized-parties')
  asked.length = 0
  for (const other of [undefined, '', 7, null, [azp]]) {
    t.equal(judge({ azp: other }, { authorizedParties: accept(true) }), 'token-invalid-authorized-parties')
  }
  t.same(asked, [])
})

t.test('rules that only report tell of what they let pass, and of nothing else', async (t) => {
  const reported: string[] = []
  const rules: Partial<ClaimRules> = {
    issuers: ['https://clerk.example.com'],
    authorizedParties: ['https://app.test'],
    reportOnly: { issuer: true, authorizedParties: true },
    onReport: (rule) => reported.push(rule)
  }
  t.equal(judge({}, rules), 'accepted')
  t.same(reported, [])
  t.equal(judge({ iss: 'https://evil.test' }, rules), 'accepted')
  t.equal(judge({ azp: undefined }, rules), 'accepted')
  t.same(reported, ['issuer', 'authorizedParties'])
})

t.test('only a token that could be one of ours spends from the budget of key fetches', async (t) => {
  const issuers = ['https://clerk.example.com']
  const rows: readonly (readonly [claims: object, expected: boolean])[] = [
    [{}, true],
    [{ sub: undefined, exp: undefined, handshake: [] }, true],
    [{ sub: undefined, exp: undefined, handshake: 'x' }, false],
    [{ iat: undefined }, true],
    [{ sub: 1 }, false],
    [{ sub: undefined }, false],
    [{ exp: undefined }, false],
    [{ exp: '1' }, false],
    [{ exp: Number.POSITIVE_INFINITY }, false],
    [{ exp: NOW - 5 }, false],
    [{ exp: NOW - 4 }, true],
    [{ iat: NOW + 5 }, true],
    [{ iat: NOW + 6 }, false],
    [{ iat: 'x' }, false],
    [{ iat: null }, false],
    [{ iss: 'https://evil.test' }, false],
    [{ iss: undefined }, false],
    [{ iss: ['https://clerk.example.com'] }, false]
  ]
  for (const [claims, expected] of rows) {
    t.equal(isPlausible({ ...good, ...claims }, issuers, NOW_MS, SKEW_MS), expected, JSON.stringify(claims))
  }
  t.ok(
    isPlausible({ ...good, iss: 'https://evil.test' }, [], NOW_MS, SKEW_MS),
    'where the issuer is not known, any may be ours'
  )
})
