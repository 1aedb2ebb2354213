import { Agent, request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import Fastify, { type FastifyInstance } from 'fastify'
import type { Auth, HasParams } from '../../src/core/auth/types.js'
import { type ClerkAuthOptions, clerkAuth } from '../../src/index.js'
import { hostOf, type OracleCase } from './case.js'
import { authFields, messageForm, NOTHING, type Observed, QUESTIONS } from './observed.js'
import { PUBLISHABLE_KEYS, type WireRequest } from './request.js'
import { jwtKey } from './tokens.js'

export const SIGN_IN_URL = 'https://primary.test/sign-in'
export const PROXY_URL = 'https://proxy.example.com/__clerk/'
export const SECRET_KEYS = { production: 'sk_live_oracle', development: 'sk_test_oracle' } as const
export const AUTHORIZED_PARTIES = ['https://app.example.com']
export const AUDIENCE = 'api'

const ORGANIZATION_PATTERNS = [
  '/orgs/:slug(acme|other)/(.*)?',
  '/by-id/:id',
  '/optional{/:id}?',
  '/orgs/:id',
  '/orgs/:id/(.*)'
]
const PERSONAL_PATTERNS = ['/me', '/me/(.*)', '/optional']

/** The auth that the route of the current request saw. */
interface Seen {
  auth: Auth | null
}

interface Server {
  readonly fastify: FastifyInstance
  readonly port: number
  readonly seen: Seen
}

/** Servers of the latest configurations: cases come in groups that share one. */
const servers = new Map<string, Promise<Server>>()
const MAX_SERVERS = 8

function serverFor(oracleCase: OracleCase, apiUrl: string): Promise<Server> {
  const name = JSON.stringify(oracleCase.instance)
  const known = servers.get(name)
  if (known !== undefined) return known
  for (const [other, server] of servers) {
    if (servers.size < MAX_SERVERS) break
    servers.delete(other)
    void server.then(({ fastify }) => fastify.close())
  }
  const server = startServer(ourOptions(oracleCase, apiUrl))
  servers.set(name, server)
  return server
}

async function startServer(options: ClerkAuthOptions): Promise<Server> {
  const fastify = Fastify({ trustProxy: true, exposeHeadRoutes: false })
  const seen: Seen = { auth: null }
  await fastify.register(clerkAuth, options)
  fastify.route({
    method: ['GET', 'HEAD', 'POST', 'OPTIONS', 'DELETE'],
    url: '*',
    handler(request) {
      seen.auth = request.auth as Auth
      return 'reached'
    }
  })
  await fastify.listen({ host: '127.0.0.1', port: 0 })
  const { port } = fastify.server.address() as AddressInfo
  return { fastify, port, seen }
}

export async function closeServers(): Promise<void> {
  for (const server of servers.values()) await (await server).fastify.close()
  servers.clear()
  agent.destroy()
}

function ourOptions({ instance }: OracleCase, apiUrl: string): ClerkAuthOptions {
  const isSatellite = instance.deployment.startsWith('satellite')
  const host = hostOf(instance)
  return {
    publishableKey: PUBLISHABLE_KEYS[instance.type],
    secretKey: SECRET_KEYS[instance.type],
    ...(instance.keys === 'pem' && { jwtKey }),
    apiUrl,
    isSatellite,
    satelliteAutoSync: instance.satelliteAutoSync,
    signInUrl: SIGN_IN_URL,
    issuer: instance.checksIssuer ? `https://${host}` : null,
    acceptsToken: instance.acceptsToken,
    // Answers are remembered longer than a run takes: only this package bounds the calls of strangers.
    tokenCache: { maxEntries: 64 },
    machineTokens: { maxEntries: 64, negativeCacheTtlInMs: 300_000, cacheTtlInMs: 300_000 },
    ...(instance.deployment === 'satellite-domain' && { domain: 'satellite.test' }),
    ...(instance.deployment === 'domain-only' && { domain: 'satellite.test' }),
    ...((instance.deployment === 'satellite-proxy' || instance.deployment === 'proxy') && { proxyUrl: PROXY_URL }),
    ...(instance.authorizedParties && { authorizedParties: AUTHORIZED_PARTIES }),
    ...(instance.audience && { audience: AUDIENCE }),
    ...(instance.clockSkewInMs !== undefined && { clockSkewInMs: instance.clockSkewInMs }),
    ...organizationSyncOf(instance)
  }
}

export function organizationSyncOf({ organizationSync }: OracleCase['instance']) {
  if (organizationSync === 'off') return {}
  return {
    organizationSyncOptions: {
      ...(organizationSync !== 'personal' && { organizationPatterns: ORGANIZATION_PATTERNS }),
      ...(organizationSync !== 'organizations' && { personalAccountPatterns: PERSONAL_PATTERNS })
    }
  }
}

interface Answer {
  readonly statusCode: number
  readonly headers: IncomingHttpHeaders
}

const agent = new Agent({ keepAlive: true })

/** Sends over a socket. A request that Node's client refuses to write is injected as a server would get it. */
async function send({ fastify, port }: Server, { method, target, headers }: WireRequest): Promise<Answer> {
  try {
    return await sendOverSocket(port, method, target, headers)
  } catch (error) {
    const { code } = error as { code?: string }
    if (code !== 'ERR_INVALID_CHAR' && code !== 'ERR_UNESCAPED_CHARACTERS') throw error
    const { statusCode, headers: answered } = await fastify.inject({ method: method as 'GET', url: target, headers })
    return { statusCode, headers: answered as IncomingHttpHeaders }
  }
}

function sendOverSocket(
  port: number,
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest({ agent, host: '127.0.0.1', port, method, path, headers }, (response) => {
      response.resume()
      response.on('end', () => resolve({ statusCode: response.statusCode ?? 0, headers: response.headers }))
    })
    outgoing.on('error', reject)
    outgoing.end()
  })
}

/** Sends the request through a whole Fastify server. The auth is taken from the route, all else from the response. */
export async function askOurs(oracleCase: OracleCase, request: WireRequest, apiUrl: string): Promise<Observed> {
  const server = await serverFor(oracleCase, apiUrl)
  const { seen } = server
  seen.auth = null
  const response = await send(server, request)
  const text = (name: string) => (response.headers[name] as string | undefined) ?? null
  const location = text('location')
  const expectedCode = location === null ? 200 : 307
  if (response.statusCode !== expectedCode) return { ...NOTHING, threw: `status ${response.statusCode}` }
  const auth = seen.auth as Auth | null
  return {
    threw: null,
    status: text('x-clerk-auth-status') ?? 'signed-in',
    tokenType: auth === null ? 'session_token' : auth.tokenType,
    reason: text('x-clerk-auth-reason'),
    message: messageForm(text('x-clerk-auth-message')),
    location,
    headers: Object.fromEntries(
      Object.entries(response.headers).filter(([name]) => !isIgnored(name, response.headers)) as [string, string][]
    ),
    setCookies: [response.headers['set-cookie'] ?? []].flat(),
    auth: auth && authFields(auth),
    has: auth === null ? [] : QUESTIONS.map((question) => auth.has(question as HasParams))
  }
}

/** `no-store` beside cookies without a redirect is the plugin's own, and has its tests in test/plugin/kept-cookies.test.ts. */
function isIgnored(name: string, headers: Readonly<Record<string, unknown>>): boolean {
  const isBesideCookies = headers['set-cookie'] !== undefined && headers.location === undefined
  return IGNORED.test(name) || (name === 'cache-control' && headers[name] === 'no-store' && isBesideCookies)
}

/** Headers of Fastify and Node, and headers that are compared by themselves. */
const IGNORED =
  /^(location|set-cookie|x-clerk-auth-.*|content-type|content-length|transfer-encoding|date|connection|keep-alive)$/
