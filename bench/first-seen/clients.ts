// The clients of bench/contenders/roads.ts, each with the local instance that its server trusts.
import { randomBytes } from 'node:crypto'
import { createLocalClerk, type LocalClerk } from '../../src/local/index.js'
import { PATTERN_PATH, type RoadName, SATELLITE, TENANTS, tenantHost } from '../contenders/roads.js'
import { type Client, createClient } from '../measure/gate.js'
import { createInstance, type Headers, headersFor, signToken, type Trust, trustOf } from '../traffic/material.js'

export interface OpenRoad {
  readonly trust: Trust
  readonly client: Client
  close(): Promise<void>
}

const LIFETIME = { tokenLifetimeInMs: 3_600_000 }

const opened = (clerk: LocalClerk, client: Client, trust = trustOf(clerk)): OpenRoad => ({
  trust,
  client,
  close: () => clerk.close()
})

/** The client with other headers, whether it has a token or not. */
function withHeaders(client: Client, change: (headers: Headers) => Headers): Client {
  return { ...client, headers: (token) => change(client.headers(token)), anonymous: change(client.anonymous) }
}

/** Clerk's cookies with and without suffix, as Clerk sets them, among four others. */
const bothFamilies = (clerk: LocalClerk, token: string) =>
  `_ga=GA1.1.1718382954.1767225600; theme=dark; ${clerk.cookies(token)}; csrftoken=Zr2rQ8cV5mLw1yHn; _ab=b%3A12`

/** Headers of a browser that opens a page by a link of the same site. */
const asPage = (headers: Headers): Headers => ({
  ...headers,
  accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
  // The scheme of the connection: another would be another site, and cause a handshake.
  referer: 'http://app.local.test/orders?page=2',
  'sec-fetch-dest': 'document',
  'sec-fetch-mode': 'navigate'
})

/** `signingKey`: PEM of the key that all instances sign with. */
export const openRoad: Readonly<Record<RoadName, (signingKey: string) => Promise<OpenRoad>>> = {
  async tenants(signingKey) {
    const clerks = await Promise.all(
      Array.from({ length: TENANTS }, (_, tenant) => {
        const frontendApi = `clerk.${tenantHost(tenant)}`
        return createLocalClerk({ instanceType: 'production', signingKey, frontendApi, ...LIFETIME })
      })
    )
    const [first] = clerks as [LocalClerk]
    const tenantOf = new Map<string, number>()
    const client = createClient(first, 'cookie')
    return opened(first, {
      ...client,
      issue(user, expiresInSeconds) {
        const tenant = (Number(user) || 0) % TENANTS
        const token = signToken(clerks[tenant] as LocalClerk, user, expiresInSeconds)
        tenantOf.set(token, tenant)
        return token
      },
      headers(token) {
        const tenant = tenantOf.get(token) ?? 0
        return { ...headersFor(clerks[tenant] as LocalClerk, 'cookie', token), host: tenantHost(tenant) }
      },
      anonymous: { ...client.anonymous, host: tenantHost(0) }
    })
  },
  async anyType(signingKey) {
    const clerk = await createInstance(signingKey)
    return opened(clerk, createClient(clerk, 'cookie'))
  },
  async development(signingKey) {
    const clerk = await createLocalClerk({ instanceType: 'development', signingKey, ...LIFETIME })
    const client = createClient(clerk, 'cookie')
    const headers = (token: string) => ({ ...client.headers(token), cookie: bothFamilies(clerk, token) })
    return opened(clerk, { ...client, headers })
  },
  async pageLoad(signingKey) {
    const clerk = await createInstance(signingKey)
    return opened(clerk, withHeaders(createClient(clerk, 'cookie'), asPage))
  },
  async organizationPattern(signingKey) {
    const clerk = await createInstance(signingKey)
    return opened(clerk, { ...withHeaders(createClient(clerk, 'cookie'), asPage), path: PATTERN_PATH })
  },
  async satellite(signingKey) {
    const options = { instanceType: 'production', signingKey, satellites: [SATELLITE], ...LIFETIME } as const
    const clerk = await createLocalClerk(options)
    const client = withHeaders(createClient(clerk, 'cookie'), (headers) => ({ ...headers, host: SATELLITE }))
    const issuer = { claims: { iss: `https://clerk.${SATELLITE}` } }
    return opened(clerk, {
      ...client,
      issue: (user, expiresInSeconds) => signToken(clerk, user, expiresInSeconds, 974, issuer),
      headers: (token) => ({ ...client.headers(token), cookie: bothFamilies(clerk, token) })
    })
  },
  async apiKey(signingKey) {
    const clerk = await createInstance(signingKey)
    const origin = await clerk.listen()
    const apiUrl = origin.replace('localhost', '127.0.0.1')
    const endpoints = { apiUrl, proxyUrl: origin, jwksUrl: `${apiUrl}/.well-known/jwks.json` }
    return opened(
      clerk,
      {
        ...createClient(clerk, 'bearer'),
        issue: (user) => clerk.machineTokens.createApiKey({ subject: `user_${user}` }),
        forge: (token) => `${token.slice(0, token.indexOf('_') + 1)}${randomBytes(32).toString('base64')}`
      },
      { ...trustOf(clerk), endpoints }
    )
  }
}
