import { randomBytes } from 'node:crypto'
import type { LocalClerk } from '../../src/local/index.js'
import { createClients } from './clients.js'
import type { Scene } from './load.js'
import { STRANGER_SESSION } from './protocol.js'
import { type Load, startWorkers } from './workers.js'

// Floods against the server with one instance, each with users of the same kind among them.

const WORKERS = 2
/** Sessions of strangers with accounts. Few, so that memories of sessions are full early. */
const STRANGER_SESSIONS = 500
const BROWSERS = 5
/** Longer than a finished refresh is shared, and than a session waits for its next call. */
const BROWSER_EVERY_MS = 12_000
const HANDSHAKE_EVERY_MS = 1000
/** The page that users of the local Clerk come from. */
const PAGE = 'https://app.local.test/'

export function startFloods(scene: Scene, apiKeys: readonly ApiKey[]): Load {
  const clients = createClients(scene.port, 4 * WORKERS)
  const floods = [floodRefreshes(scene), floodNonces(scene), floodMachineTokens(scene, apiKeys), floodLog(scene)]
  const workers = floods.map((send) => startWorkers(WORKERS, (n) => send(n, clients.get)))
  return {
    async stop() {
      await Promise.all(workers.map((load) => load.stop()))
      clients.close()
    }
  }
}

type Get = ReturnType<typeof createClients>['get']
type Flood = (n: number, get: Get) => Promise<void>

/** Expired tokens with made-up refresh cookies: half of them of one session. Browsers with true ones come in between. */
function floodRefreshes({ clerk, answers, circumstances }: Scene): Flood {
  const expiredOf = perKey(clerk, (sessionId) => clerk.signSessionToken({ sessionId, expiresInSeconds: -600 }))
  const browsers = Array.from({ length: BROWSERS }, (_, i) => ({
    session: clerk.openSession(`user_browser_${i}_`),
    // Keys at earlier refreshes: a token that has run out is older than a rotation of a moment ago.
    kids: [clerk.kid, clerk.kid],
    dueMs: performance.now() + (i * BROWSER_EVERY_MS) / BROWSERS,
    wasRefreshed: false
  }))
  const headersOf = (expired: string, refresh: string) => ({
    authorization: `Bearer ${expired}`,
    cookie: `__refresh_${clerk.cookieSuffix}=${refresh}`
  })

  async function refreshOf(browser: (typeof browsers)[number], get: Get): Promise<void> {
    const { id, userId, refreshToken } = browser.session
    browser.dueMs = performance.now() + BROWSER_EVERY_MS
    const isCertain = browser.wasRefreshed && circumstances.areKeysCertain()
    const kid = browser.kids.shift() as string
    browser.kids.push(clerk.kid)
    const expired = clerk.sessionToken(id, { kid, expiresInSeconds: -600 })
    const answer = await get('/me', headersOf(expired, refreshToken))
    // A refresh cookie that was good before has room of its own. Until then the flood comes first.
    const mustBeGood = isCertain && circumstances.areKeysCertain()
    answers.expectUser('refresh of a browser', answer, userId, mustBeGood ? [200] : [200, 503])
    if (answer.status === 200) browser.wasRefreshed = true
  }

  return async (n, get) => {
    const browser = browsers.find(({ dueMs }) => performance.now() >= dueMs)
    if (browser !== undefined) await refreshOf(browser, get)
    const sessionId = n % 2 === 0 ? `${STRANGER_SESSION}_own` : `${STRANGER_SESSION}_${n % STRANGER_SESSIONS}`
    const { status } = await get('/me', headersOf(expiredOf(sessionId), `made-up-${n}`))
    answers.expect('made-up refresh cookie', status, [401, 503])
  }
}

/** Made-up nonces in cookies and URLs. In between a browser comes back from a handshake with a true one. */
function floodNonces({ clerk, answers, circumstances }: Scene): Flood {
  let client: Promise<string> | null = null
  let dueMs = performance.now()

  async function returnFromHandshake(get: Get): Promise<void> {
    client ??= signIn(clerk)
    const url = `${clerk.origin}/v1/client/handshake?redirect_url=${encodeURIComponent(PAGE)}`
    const answer = await fetch(url, { headers: { cookie: await client }, redirect: 'manual' })
    const cookie = cookieOf(answer, '__clerk_handshake_nonce')
    const returned = await get('/me', { cookie })
    // Nobody can tell a true nonce from a made-up one without a call: under a flood the browser has to try again.
    answers.expectUser('return from a handshake', returned, HANDSHAKE_USER, [200, 503, ...circumstances.besides(false)])
  }

  return async (n, get) => {
    if (performance.now() >= dueMs) {
      dueMs = performance.now() + HANDSHAKE_EVERY_MS
      await returnFromHandshake(get)
    }
    const nonce = `__clerk_handshake_nonce=made-up-${n}`
    const { status } = await (n % 2 === 0 ? get(`/me?${nonce}`, {}) : get('/me', { cookie: nonce }))
    answers.expect('made-up nonce', status, [401, 503])
  }
}

export const HANDSHAKE_USER = 'user_handshake_'

/** The `Cookie` header for FAPI of a browser that has signed in. */
async function signIn(clerk: LocalClerk): Promise<string> {
  const body = new URLSearchParams({ user_id: HANDSHAKE_USER })
  return cookieOf(await fetch(clerk.signInUrl, { method: 'POST', body, redirect: 'manual' }), '__client')
}

function cookieOf(answer: Response, name: string): string {
  const line = answer.headers.getSetCookie().find((cookie) => cookie.startsWith(`${name}=`))
  if (line === undefined) throw new Error(`The local Clerk set no cookie ${name}`)
  return line.split(';')[0] as string
}

export interface ApiKey {
  readonly secret: string
  readonly userId: string
}

/** Asks until each of these keys was good once: from then on it has room of its own. */
export async function useKeys({ port, answers }: Scene, apiKeys: readonly ApiKey[]): Promise<void> {
  const clients = createClients(port, 1)
  for (const key of apiKeys) {
    const answer = await clients.get('/machine', { authorization: `Bearer ${key.secret}` })
    answers.expectUser('known API key', answer, key.userId, [200])
  }
  clients.close()
}

/** Made-up machine tokens of every kind, beside API keys that were good before. */
function floodMachineTokens({ answers }: Scene, apiKeys: readonly ApiKey[]): Flood {
  const PREFIXES = ['ak', 'mt', 'oat']
  return async (n, get) => {
    if (n % 4 === 0) {
      const key = apiKeys[(n / 4) % apiKeys.length] as ApiKey
      const answer = await get('/machine', { authorization: `Bearer ${key.secret}` })
      return answers.expectUser('known API key', answer, key.userId, [200])
    }
    const { status } = await get('/machine', { authorization: `Bearer ${PREFIXES[n % 3]}_made/up+${n}=` })
    answers.expect('made-up machine token', status, [401, 503])
  }
}

/** Requests that the log tells about. */
function floodLog({ clerk, answers }: Scene): Flood {
  const handshakeOf = perKey(clerk, () => {
    const expired = clerk.signSessionToken({ sessionId: STRANGER_SESSION, expiresInSeconds: -600 })
    return clerk.sign({ handshake: [`__session=${expired}; Path=/`] }, { cat: 'cl_B7d4PD111AAA', typ: 'JWT' })
  })
  const page = { accept: 'text/html', 'x-forwarded-proto': 'https' }
  const requests: readonly ((n: number) => [path: string, headers: Record<string, string>])[] = [
    () => ['/me?__clerk_handshake=x', {}],
    () => [`/me?__clerk_handshake=${handshakeOf('')}`, {}],
    () => [
      `/me?__clerk_handshake=${handshakeOf('').replace(/\.[^.]+$/, `.${randomBytes(256).toString('base64url')}`)}`,
      {}
    ],
    (n) => ['/me', { 'x-forwarded-host': `${n}.evil.test`, 'x-forwarded-proto': 'https' }],
    () => ['/me', { ...page, cookie: '__client_uat=5; __clerk_redirect_count=3' }]
  ]
  return async (n, get) => {
    const [path, headers] = (requests[n % requests.length] as (typeof requests)[number])(n)
    answers.expect('request that is logged', (await get(path, headers)).status, [401, 503])
  }
}

/** Makes tokens once for each of Clerk's keys: those of a withdrawn key would be refused for another reason. */
function perKey(clerk: LocalClerk, make: (name: string) => string): (name: string) => string {
  let kid = ''
  const made = new Map<string, string>()
  return (name) => {
    if (clerk.kid !== kid) made.clear()
    kid = clerk.kid
    let token = made.get(name)
    if (token === undefined) {
      token = make(name)
      made.set(name, token)
    }
    return token
  }
}
