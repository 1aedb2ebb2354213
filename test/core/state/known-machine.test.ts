import t from 'tap'
import { createInstance } from '../../../src/core/instance.js'
import { silentLogger } from '../../../src/core/logger.js'
import { ANY_AUDIENCE, type AudienceRule } from '../../../src/core/machine/audience.js'
import type { AcceptsToken } from '../../../src/core/options/accepts-token.js'
import { readInstanceOptions } from '../../../src/core/options/instance-settings.js'
import { readCarried } from '../../../src/core/request/read-carried.js'
import { createLocalClerk } from '../../../src/local/index.js'
import { createManualClock } from '../../fixtures/manual-clock.js'

const HERE = 'https://api.example.com'
const clock = createManualClock(1_790_000_000_000)
const clerk = await createLocalClerk({ frontendApi: 'clerk.example.com', now: clock.now })
t.teardown(() => clerk.close())

const { machineTokens } = clerk
const tokens: Readonly<Record<string, string>> = {
  'API key': machineTokens.createApiKey({ subject: 'user_1' }),
  'another API key': machineTokens.createApiKey({ subject: 'org_1' }),
  'M2M token': machineTokens.createM2MToken(),
  'M2M token for here': machineTokens.createM2MToken({ claims: { aud: HERE } }),
  'M2M token for elsewhere': machineTokens.createM2MToken({ claims: { aud: 'https://other.example' } }),
  'OAuth token': machineTokens.createOAuthToken({ userId: 'user_1' }),
  'OAuth token for here': machineTokens.createOAuthToken({ userId: 'user_2', audience: HERE }),
  'OAuth token that ends': machineTokens.createOAuthToken({ userId: 'user_3', expiresInSeconds: 5 }),
  'OAuth token, a JWT': machineTokens.createOAuthToken({ userId: 'user_1', format: 'jwt' }),
  'session token': clerk.signSessionToken(),
  unknown: 'ak_unknown',
  malformed: 'ak_?',
  word: 'bearer'
}

const ACCEPTED: readonly AcceptsToken[] = [
  'any',
  'api_key',
  'm2m_token',
  'oauth_token',
  'session_token',
  ['session_token', 'api_key'],
  ['m2m_token', 'oauth_token']
]
const AUDIENCES: readonly AudienceRule[] = [
  ANY_AUDIENCE,
  { values: [HERE], isRequired: null },
  { values: [HERE], isRequired: false },
  { values: [], isRequired: true }
]

function open() {
  const options = clerk.pluginOptions({ acceptsToken: 'any' as const, jwtKey: clerk.jwtKey })
  return createInstance(readInstanceOptions(options, { env: {}, logger: silentLogger }))
}

type Instance = ReturnType<typeof open>

/** What the state machine answers to the token, and what the hot path does. */
async function judge(
  instance: Instance,
  token: string,
  acceptsToken: AcceptsToken,
  audience = ANY_AUDIENCE,
  method = 'GET',
  scheme = 'Bearer '
) {
  const authorization = scheme + token
  const hot = instance.knownMachine(method, authorization, acceptsToken, audience)
  const source = { method, target: '/', headers: { authorization }, protocol: 'https', host: 'example.com' }
  const carried = readCarried(source, instance.readCookies)
  return { hot, state: await instance.authenticate(carried, { acceptsToken, allowsHandshake: true, audience }) }
}

t.test('what the hot path answers is what the state machine answers, and it answers what is remembered', async (t) => {
  const instance = open()
  t.teardown(() => instance.close())
  for (const [name, token] of Object.entries(tokens)) {
    t.equal((await judge(instance, token, 'any')).hot, null, `${name}: nothing is remembered yet`)
  }
  let hits = 0
  for (const [name, token] of Object.entries(tokens)) {
    for (const acceptsToken of ACCEPTED) {
      for (const audience of AUDIENCES) {
        for (const method of ['GET', 'POST', 'TRACE']) {
          for (const scheme of ['Bearer ', '', 'Basic ']) {
            const what = `${name} ${acceptsToken} ${JSON.stringify(audience)} ${method} ${scheme}`
            const { hot, state } = await judge(instance, token, acceptsToken, audience, method, scheme)
            const isOpaque = !token.includes('.')
            const isExpected = state.status === 'signed-in' && isOpaque
            if ((hot !== null) !== isExpected) t.fail(`${what}: the hot path differs`)
            if (hot === null) continue
            hits++
            if (state.auth !== hot.auth || state.tokenType !== hot.type) t.fail(`${what}: another token`)
            if (state.location !== null || state.headers !== null || state.setCookies.length > 0) t.fail(what)
          }
        }
      }
    }
  }
  t.ok(hits > 200, `${hits} requests were hot`)
})

t.test('a revoked token is not hot, from the next request on', async (t) => {
  const instance = open()
  t.teardown(() => instance.close())
  const [mine, other] = [tokens['API key'] as string, tokens['another API key'] as string]
  for (const token of [mine, other]) await judge(instance, token, 'api_key')
  t.not((await judge(instance, mine, 'api_key')).hot, null)
  await instance.revocations.revoke({ userId: 'user_1' })
  const revoked = await judge(instance, mine, 'api_key')
  t.equal(revoked.hot, null)
  t.equal(revoked.state.reason, 'token-revoked')
  t.not((await judge(instance, other, 'api_key')).hot, null)
})

t.test('a token is hot for as long as Clerk’s answer is remembered', async (t) => {
  const instance = open()
  t.teardown(() => instance.close())
  const { cacheTtlInMs } = instance.settings.machineTokens
  const [key, ending] = [tokens['API key'] as string, tokens['OAuth token that ends'] as string]
  for (const token of [key, ending]) await judge(instance, token, 'any')
  clock.advance(4_999)
  for (const token of [key, ending]) t.not((await judge(instance, token, 'any')).hot, null)
  clock.advance(1)
  t.equal((await judge(instance, ending, 'any')).hot, null, 'it has ended')
  clock.advance(cacheTtlInMs - 5_000)
  const again = await judge(instance, key, 'any')
  t.equal(again.hot, null)
  t.equal(again.state.status, 'signed-in', 'Clerk was asked again')
  t.not((await judge(instance, key, 'any')).hot, null)
  machineTokens.revoke(key)
  clock.advance(cacheTtlInMs)
  t.equal((await judge(instance, key, 'any')).state.status, 'signed-out')
  t.equal((await judge(instance, key, 'any')).hot, null, 'a refusal is never hot')
})
