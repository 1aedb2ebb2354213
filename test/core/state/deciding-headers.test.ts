import t from 'tap'
import { createInstance, type Instance } from '../../../src/core/instance.js'
import type { Eventually } from '../../../src/core/later.js'
import { silentLogger } from '../../../src/core/logger.js'
import { ANY_AUDIENCE } from '../../../src/core/machine/audience.js'
import type { ClerkAuthOptions } from '../../../src/core/options/instance-options.js'
import { readInstanceOptions } from '../../../src/core/options/instance-settings.js'
import { DECIDING_HEADERS, type DecidingHeaders } from '../../../src/core/request/carried.js'
import { readCarried } from '../../../src/core/request/read-carried.js'
import type { RequestState } from '../../../src/core/state/request-state.js'
import { UnseenSession } from '../../../src/core/state/unseen-session.js'
import { VerifiedToken } from '../../../src/core/token/verified-token.js'
import { createLocalClerk, type LocalClerk } from '../../../src/local/index.js'
import { answerFirstSeen } from '../../fixtures/first-seen-road.js'
import { SETUPS } from './setups.js'

// The hot path and the state machine read the same headers in different places. Every header that the decision reads is
// varied here, and a header added to `DecidingHeaders` does not compile until it has values. The second test fails unless
// some of its values change a decision.
const VALUES: { readonly [Name in keyof DecidingHeaders]: readonly (string | undefined)[] } = {
  secFetchDest: [undefined, '', 'document', 'iframe', 'empty'],
  accept: [undefined, 'text/html,*/*;q=0.8', 'application/json'],
  referer: [undefined, '', 'https://example.com/own', 'https://other.example/', 'no url']
}

type HeaderName = keyof DecidingHeaders
type HeaderValues = Partial<Record<HeaderName, string | undefined>>
const NAMES = Object.keys(VALUES) as HeaderName[]

function combinations(names: readonly HeaderName[]): HeaderValues[] {
  const [name, ...others] = names
  if (name === undefined) return [{}]
  return combinations(others).flatMap((rest) => VALUES[name].map((value) => ({ ...rest, [name]: value })))
}

interface Setup {
  readonly name: string
  readonly instance: Instance
  readonly carriers: Readonly<Record<string, Readonly<Record<string, string>>>>
}

async function setUp(
  name: string,
  instanceType: 'development' | 'production',
  options: Partial<ClerkAuthOptions> = {}
) {
  const frontendApi = instanceType === 'production' ? 'clerk.example.com' : 'happy-lion-12.clerk.accounts.dev'
  const clerk: LocalClerk = await createLocalClerk({ frontendApi, instanceType, tokenLifetimeInMs: 3_600_000 })
  const given = clerk.pluginOptions({ jwtKey: clerk.jwtKey, issuer: null, ...options })
  const instance = createInstance(readInstanceOptions(given, { env: {}, logger: silentLogger }))
  const token = clerk.signSessionToken({ userId: 'user_1' })
  return {
    name,
    instance,
    carriers: { cookie: { cookie: clerk.cookies(token) }, header: { authorization: `Bearer ${token}` } }
  } satisfies Setup
}

const setups: Setup[] = []
for (const setup of SETUPS) setups.push(await setUp(...setup))

interface Request {
  readonly method: string
  readonly target: string
  readonly headers: Readonly<Record<string, string>>
}

function* requestsOf(setup: Setup): Generator<{ readonly name: string; readonly values: HeaderValues } & Request> {
  for (const method of ['GET', 'POST', 'HEAD', 'TRACE']) {
    for (const target of ['/', '/orgs/org_other', '/?__clerk_synced=false']) {
      for (const [carrier, credentials] of Object.entries(setup.carriers)) {
        for (const values of combinations(NAMES)) {
          const headers: Record<string, string> = { host: 'example.com', ...credentials }
          for (const name of NAMES) {
            const value = values[name]
            if (value !== undefined) headers[DECIDING_HEADERS[name]] = value
          }
          yield { name: `${method} ${target} ${carrier}`, values, method, target, headers }
        }
      }
    }
  }
}

function decide({ instance }: Setup, { method, target, headers }: Request): Eventually<RequestState> {
  const source = { method, target, headers, protocol: 'https', host: 'example.com' }
  const { acceptsToken, handshake } = instance.settings
  return instance.authenticate(readCarried(source, instance.readCookies), {
    acceptsToken,
    allowsHandshake: handshake,
    audience: ANY_AUDIENCE
  })
}

async function decideFirstSeen(
  { instance }: Setup,
  { method, target, headers }: Request
): Promise<RequestState | null> {
  const known = instance.knownSession(method, target, headers, OWN)
  if (!(known instanceof UnseenSession)) return null
  const source = { method, target, headers, protocol: 'https', host: 'example.com' }
  const { acceptsToken, handshake } = instance.settings
  return answerFirstSeen(instance, known, readCarried(source, instance.readCookies), {
    acceptsToken,
    allowsHandshake: handshake,
    audience: ANY_AUDIENCE
  })
}

/** The part of a decision that the client sees. */
function answerOf({ status, reason, location, headers, setCookies }: RequestState): string {
  return JSON.stringify([status, reason, location, headers, setCookies])
}

const OWN = { protocol: 'https', host: 'example.com' }
const PLAIN = JSON.stringify(['signed-in', null, null, null, []])

for (const setup of setups) {
  t.test(`a token in memory changes no answer, whatever the headers: ${setup.name}`, async (t) => {
    let hits = 0
    let firstSeenCount = 0
    const different: unknown[] = []
    for (const request of requestsOf(setup)) {
      setup.instance.memory.clear()
      const cold = answerOf(await decide(setup, request))
      setup.instance.memory.clear()
      const firstSeen = await decideFirstSeen(setup, request)
      if (firstSeen !== null) firstSeenCount++
      const warm = answerOf(await decide(setup, request))
      const isHot =
        setup.instance.knownSession(request.method, request.target, request.headers, OWN) instanceof VerifiedToken
      if (isHot) hits++
      if (warm !== cold || (isHot && cold !== PLAIN) || (firstSeen !== null && answerOf(firstSeen) !== cold)) {
        different.push({
          request: request.name,
          values: request.values,
          cold: cold.slice(0, 50),
          warm: warm.slice(0, 50),
          isHot
        })
      }
    }
    t.same(different.slice(0, 5), [], `${different.length} requests are answered differently`)
    t.ok(hits > 300, `${hits} requests took the hot path`)
    t.ok(firstSeenCount > 300, `${firstSeenCount} requests were answered by the hook while their token was new`)
  })
}

t.test('each of the headers decides somewhere: its values are such that a difference would show', async (t) => {
  for (const name of NAMES) {
    const answers = new Map<string, Set<string>>()
    for (const setup of setups) {
      for (const request of requestsOf(setup)) {
        const others = JSON.stringify([setup.name, request.name, { ...request.values, [name]: null }])
        const seen = answers.get(others) ?? new Set()
        answers.set(others, seen.add(answerOf(await decide(setup, request))))
      }
    }
    t.ok(
      [...answers.values()].some((seen) => seen.size > 1),
      name
    )
  }
})

t.teardown(() => Promise.all(setups.map(({ instance }) => instance.close())))
