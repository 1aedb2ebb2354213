import t from 'tap'
import { silentLogger } from '../../../src/core/logger.js'
import type { AcceptsToken } from '../../../src/core/options/accepts-token.js'
import { decisionRow } from '../../../src/core/state/decision-row.js'
import {
  type CarriedInput,
  carriedOf,
  createScene,
  DOCUMENT,
  type FakeToken,
  NOW,
  type SettingsInput
} from '../../fixtures/state-scene.js'

interface Case {
  readonly settings?: SettingsInput
  readonly token?: FakeToken
  readonly carried?: CarriedInput
  readonly acceptsToken?: AcceptsToken
  readonly reason: string | null
  readonly row: number | null
  readonly path?: 'header' | 'none'
}

const development: SettingsInput = { instanceType: 'development' }
const satellite: SettingsInput = { isSatellite: true }
const uat = String(NOW - 100)
const signedIn = { session: 'a', clientUat: uat }
const known: FakeToken = { known: true }

const cases: Readonly<Record<string, Case>> = {
  'a handshake that brings no session': {
    carried: { url: 'https://app.example.com/?__clerk_handshake=h' },
    token: {},
    reason: 'session-token-missing',
    row: 1
  },
  'a first visit to a satellite': {
    settings: satellite,
    carried: DOCUMENT,
    reason: 'session-token-and-uat-missing',
    row: 2
  },
  'a satellite that asks for a sync': {
    settings: satellite,
    carried: { ...DOCUMENT, url: 'https://app.example.com/?__clerk_synced=false' },
    reason: 'satellite-needs-syncing',
    row: 3
  },
  'the same in development': {
    settings: { ...satellite, ...development },
    carried: { ...DOCUMENT, url: 'https://app.example.com/?__clerk_synced=false' },
    reason: 'satellite-needs-syncing',
    row: 4
  },
  'a primary that a satellite asks': {
    settings: development,
    carried: { url: 'https://app.example.com/?__clerk_redirect_url=https%3A%2F%2Fsatellite.test%2F' },
    reason: 'primary-responds-to-syncing',
    row: 5
  },
  'a dev browser in the URL': {
    settings: development,
    carried: { url: 'https://app.example.com/?__clerk_db_jwt=d' },
    reason: 'dev-browser-sync',
    row: 6
  },
  'no dev browser': { settings: development, reason: 'dev-browser-missing', row: 7 },
  'no credentials': { reason: 'session-token-and-uat-missing', row: 8 },
  'no credentials, on a satellite, by fetch': { settings: satellite, reason: 'session-token-and-uat-missing', row: 8 },
  'a session without a time': {
    carried: { cookies: { session: 'a' } },
    reason: 'session-token-but-no-client-uat',
    row: 9
  },
  'a time without a session': {
    carried: { cookies: { clientUat: uat } },
    reason: 'client-uat-but-no-session-token',
    row: 10
  },
  'a session cookie that is no token': {
    carried: { cookies: { session: 'nonsense', clientUat: uat } },
    reason: 'token-invalid',
    row: 11
  },
  'a machine token in the cookie': {
    token: { claims: { sub: 'mch_1' } },
    carried: { cookies: signedIn },
    reason: 'token-type-mismatch',
    row: 12
  },
  'a token from before the sign-in': {
    carried: { cookies: { session: 'a', clientUat: String(NOW) } },
    reason: 'session-token-iat-before-client-uat',
    row: 13
  },
  'a forged token': {
    token: { outcome: 'token-invalid-signature' },
    carried: { cookies: signedIn },
    reason: 'token-invalid-signature',
    row: 14
  },
  'a token that decodes and is refused as invalid': {
    token: { outcome: 'token-invalid' },
    carried: { cookies: signedIn },
    reason: 'token-invalid',
    row: 14
  },
  'an expired token': {
    token: { outcome: 'token-expired' },
    carried: { cookies: signedIn },
    reason: 'session-token-expired-refresh-non-eligible-no-refresh-cookie',
    row: 14
  },
  'keys that cannot be had': {
    token: { outcome: 'unavailable' },
    carried: { cookies: signedIn },
    reason: 'jwk-remote-failed-to-load',
    row: 14
  },
  'a link from another origin': {
    token: known,
    carried: { ...DOCUMENT, cookies: signedIn, referer: 'https://other.example/' },
    reason: 'primary-domain-cross-origin-sync',
    row: 15
  },
  'a page of another organization': {
    settings: { organizationSyncOptions: { organizationPatterns: ['/org/:slug'], personalAccountPatterns: [] } },
    token: known,
    carried: { ...DOCUMENT, url: 'https://app.example.com/org/other', cookies: signedIn },
    reason: 'active-organization-mismatch',
    row: 16
  },
  'a session in memory': { token: known, carried: { cookies: signedIn }, reason: null, row: 17 },
  'a header token': { carried: { headerToken: 'a' }, reason: null, row: null, path: 'header' },
  'a bad header token beside good cookies': {
    carried: { headerToken: 'nonsense', cookies: signedIn },
    reason: 'token-invalid',
    row: null,
    path: 'header'
  },
  TRACE: { carried: { method: 'TRACE' }, reason: 'session-token-and-uat-missing', row: null, path: 'none' },
  'a route for machines': { acceptsToken: 'api_key', reason: 'token-type-mismatch', row: null, path: 'none' },
  'no publishable key': {
    settings: { frontendApi: null, originalFrontendApi: null },
    reason: 'session-token-and-uat-missing',
    row: null,
    path: 'none'
  }
}

for (const [
  name,
  { settings = {}, token = {}, carried = {}, acceptsToken = 'session_token', ...expected }
] of Object.entries(cases)) {
  t.test(name, async (t) => {
    const scene = createScene(settings, { a: token, h: token })
    const state = await scene.decide(carried, acceptsToken)
    if (expected.path !== 'none' || acceptsToken === 'session_token') t.equal(state.reason, expected.reason)
    const unused = () => {
      throw new Error('an effect was used')
    }
    const effects = {
      ...scene.effects,
      log: silentLogger,
      verifySession: unused,
      verifySessionText: unused,
      sawNoParty: () => {},
      sawMisdirected: () => {},
      clockOffsetMs: () => null,
      verifySignature: unused,
      verifyMachineToken: unused
    }
    const refresh = async () => ({ ok: false, code: '', retryAfterSeconds: null }) as const
    const found = decisionRow(
      { settings: scene.settings, effects, refresh, refusedHandshake: null },
      carriedOf(carried),
      acceptsToken,
      {
        reason: state.reason,
        isRedirected: state.location !== null
      }
    )
    t.match(found, { row: expected.row, path: expected.path ?? 'cookies' })
  })
}

t.test('every row of the decision table is found', async (t) => {
  const found = new Set(Object.values(cases).map(({ row }) => row))
  for (let row = 1; row <= 17; row++) t.ok(found.has(row), `row ${row}`)
})
