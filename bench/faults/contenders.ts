import { createPublicKey } from 'node:crypto'
import http from 'node:http'
import https from 'node:https'
import { syncBuiltinESMExports } from 'node:module'

/** The data with which a contender judges tokens of the local instance. */
export interface FaultTrust {
  readonly publishableKey: string
  readonly secretKey: string
  readonly issuer: string
  /** Origin of both key endpoints. */
  readonly origin: string
}

export interface FaultContender {
  readonly name: string
  readonly packageName: string | null
  /** Its settings: the defaults, and the options that its manual offers against outages. */
  readonly setup: string
  /** Returns a verifying function, whose promise is rejected, or false, when the token is refused. */
  create(trust: FaultTrust): Promise<(token: string) => Promise<boolean>>
}

/** How long our package uses known keys in an outage, by default; given to contenders that have an option for it. */
const STALE_MS = 14_400_000

export const ours: FaultContender = {
  name: 'fastify-clerk-auth',
  packageName: null,
  setup: 'defaults',
  async create({ publishableKey, secretKey, origin }) {
    const { createTokenVerifier } = await import('../../src/index.js')
    const verifier = createTokenVerifier({ publishableKey, secretKey, apiUrl: origin })
    return async (token) => (await verifier.verify(token)).ok
  }
}

const clerkBackend: FaultContender = {
  name: '@clerk/backend',
  packageName: '@clerk/backend',
  setup: 'defaults',
  async create({ secretKey, origin }) {
    const { verifyToken } = await import('@clerk/backend')
    return async (token) => (await verifyToken(token, { secretKey, apiUrl: origin })).sub !== undefined
  }
}

const jose: FaultContender = {
  name: 'jose',
  packageName: 'jose',
  setup: 'createRemoteJWKSet, defaults',
  async create({ issuer, origin }) {
    const { createRemoteJWKSet, jwtVerify } = await import('jose')
    const keySet = createRemoteJWKSet(new URL(`${origin}/.well-known/jwks.json`))
    return async (token) => (await jwtVerify(token, keySet, { issuer })).payload.sub !== undefined
  }
}

const getJwks: FaultContender = {
  name: 'get-jwks',
  packageName: 'get-jwks',
  setup: 'defaults; signatures by jose',
  async create({ issuer, origin }) {
    const { default: buildGetJwks } = await import('get-jwks')
    const { jwtVerify } = await import('jose')
    const keys = buildGetJwks()
    return async (token) => {
      const find = async ({ kid = '', alg = '' }) =>
        createPublicKey(await keys.getPublicKey({ domain: origin, kid, alg }))
      return (await jwtVerify(token, find, { issuer })).payload.sub !== undefined
    }
  }
}

const jwksRsa: FaultContender = {
  name: 'jwks-rsa',
  packageName: 'jwks-rsa',
  setup: 'cache, rateLimit and cacheMaxAgeFallback of 4 hours; signatures by jose',
  async create({ issuer, origin }) {
    const { JwksClient } = await import('jwks-rsa')
    const { jwtVerify } = await import('jose')
    const client = new JwksClient({
      jwksUri: `${origin}/.well-known/jwks.json`,
      cache: true,
      rateLimit: true,
      cacheMaxAgeFallback: STALE_MS
    } as ConstructorParameters<typeof JwksClient>[0])
    return async (token) => {
      const find = async ({ kid = '' }) => createPublicKey((await client.getSigningKey(kid)).getPublicKey())
      return (await jwtVerify(token, find, { issuer })).payload.sub !== undefined
    }
  }
}

const awsJwtVerify: FaultContender = {
  name: 'aws-jwt-verify',
  packageName: 'aws-jwt-verify',
  setup: 'defaults',
  async create({ issuer, origin }) {
    speakHttp()
    const { JwtVerifier } = await import('aws-jwt-verify')
    const jwksUri = `${origin.replace('http:', 'https:')}/.well-known/jwks.json`
    const verifier = JwtVerifier.create({ issuer, audience: null, jwksUri })
    return async (token) => (await verifier.verify(token)).sub !== undefined
  }
}

/** This contender fetches over https only, and the local endpoint has no certificate: sends its requests over http. */
function speakHttp(): void {
  https.request = ((
    url: string | URL,
    options: http.RequestOptions,
    onResponse: (response: http.IncomingMessage) => void
  ) => http.request(String(url).replace('https:', 'http:'), options, onResponse)) as typeof https.request
  syncBuiltinESMExports()
}

export const faultContenders: readonly FaultContender[] = [ours, clerkBackend, jose, getJwks, jwksRsa, awsJwtVerify]
