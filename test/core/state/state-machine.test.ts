import fc from 'fast-check'
import t from 'tap'
import type { AcceptsToken } from '../../../src/core/options/accepts-token.js'
import type { Carried, CarriedCookies } from '../../../src/core/request/carried.js'
import { createCarriedCookies } from '../../../src/core/request/cookies.js'
import { publicUrl } from '../../../src/core/request/public-url.js'
import type { VerificationFailureReason } from '../../../src/core/token/outcome.js'
import { failureFor } from '../../../src/core/token/outcome.js'
import { createScene, type SettingsInput } from '../../fixtures/state-scene.js'
import { unverifiedOf } from '../../fixtures/unverified-token.js'

// Whatever arrives gets an answer: nothing throws, nothing rejects, nothing that cannot be sent is handed on.

const SETTINGS: SettingsInput[] = [
  {},
  { instanceType: 'development' },
  { isSatellite: true, originalFrontendApi: 'clerk.satellite.test' },
  { isSatellite: true, instanceType: 'development', satelliteAutoSync: true },
  {
    proxyUrl: '/__clerk',
    organizationSyncOptions: { organizationPatterns: ['/:id*', '/(.*)'], personalAccountPatterns: ['(.*)'] }
  },
  { handshake: false },
  { instanceType: null, frontendApi: null, originalFrontendApi: null }
]

const REASONS: VerificationFailureReason[] = [
  'token-expired',
  'token-not-active-yet',
  'token-iat-in-the-future',
  'token-invalid-signature',
  'jwk-kid-mismatch',
  'session-revoked'
]

/** JSON values in the place of a claim, among them objects that lack the methods of their kind. */
const claim = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom<unknown>(
    null,
    { toString: 1, valueOf: 1 },
    JSON.parse('{"__proto__":{"x":1},"constructor":7}'),
    [],
    1e308,
    -1,
    'x'.repeat(5_000),
    `https://clerk.example.com`
  )
)

const claims = fc.dictionary(
  fc.constantFrom('iss', 'iat', 'exp', 'nbf', 'sub', 'sid', 'o', 'fea', 'sts', 'handshake', '__proto__'),
  claim
)
const header = fc.dictionary(fc.constantFrom('alg', 'typ', 'cat', 'kid', 'crit'), claim)
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom('a', 'b', '', '0', '3', 'Infinity', '1e400', '-0')
)

const cookies = fc.record(
  Object.fromEntries(Object.keys(createCarriedCookies()).map((name) => [name, text])) as Record<
    keyof CarriedCookies,
    typeof text
  >
)

const PARAMETERS = [
  '__clerk_db_jwt',
  '__clerk_synced',
  '__clerk_redirect_url',
  '__clerk_handshake',
  '__clerk_handshake_nonce'
]
const target = fc
  .tuple(
    fc.string({ unit: 'binary', maxLength: 30 }),
    fc.array(fc.tuple(fc.constantFrom(...PARAMETERS), text), { maxLength: 4 })
  )
  .map(([path, query]) => `/${path}?${query.map(([name, value]) => `${name}=${value}`).join('&')}`)

const request = fc.record({
  method: fc.constantFrom('GET', 'GET', 'POST', 'X'),
  target,
  host: fc.oneof(fc.constantFrom('app.example.com', '', '[::1]', 'a b'), text),
  cookies,
  headerToken: fc.oneof(fc.constant(''), text),
  secFetchDest: fc.constantFrom('document', 'iframe', '', '\u0000'),
  accept: fc.oneof(fc.constant('text/html'), text),
  referer: fc.oneof(fc.webUrl(), text),
  claims,
  header,
  reason: fc.constantFrom(...REASONS),
  settings: fc.constantFrom(...SETTINGS),
  accepts: fc.constantFrom<AcceptsToken[]>('session_token', 'any', 'api_key', [], ['session_token']),
  directives: fc.array(fc.string({ unit: 'binary', maxLength: 30 }), { maxLength: 5 })
})

t.test('hostile requests get an answer that can be sent', async (t) => {
  await fc.assert(
    fc.asyncProperty(request, async (input) => {
      const failure = failureFor(input.reason)
      const lines = { ok: true, value: [...input.directives, `__session=${input.host}`] } as const
      const scene = createScene(
        input.settings,
        {},
        {
          lookUp: (text) => unverifiedOf(text, input),
          decode: (text) => unverifiedOf(text, input),
          verifySession: async () => failure,
          verifySessionText: async () => failure,
          sawNoParty: () => {},
          sawMisdirected: () => {},
          clockOffsetMs: () => null,
          verifySignature: async () => ({ ok: true }),
          fetchHandshakePayload: async () => lines,
          refreshSession: async () => lines
        }
      )
      const carried: Carried = {
        ...input,
        url: publicUrl('https', input.host, input.target),
        headers: {}
      }
      const state = await scene.machine(carried, input.accepts)
      if (state.status === 'signed-in') return false
      const lineOk = (line: string) => /^[\t\x20-\x7e\x80-\xff]*$/.test(line)
      return (
        state.auth.isAuthenticated === false &&
        state.setCookies.every(lineOk) &&
        Object.values(state.headers ?? {}).every(lineOk) &&
        lineOk(state.reason ?? '') &&
        lineOk(state.message ?? '') &&
        (state.location === null || /^https?:\/\/[\x21-\x7e]+$/.test(state.location))
      )
    }),
    { numRuns: 1_500, seed: 11 }
  )
  t.pass()
})
