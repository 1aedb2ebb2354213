import { createPublicKey } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import type { Trust } from '../traffic/material.js'
import { ALL_REFUSALS, type Contender, routeSchema } from './contender.js'

interface DecodedToken {
  readonly header: { readonly kid: string }
}

async function register(fastify: FastifyInstance, trust: Trust, secret: unknown, decode: object): Promise<void> {
  const { default: fastifyJwt } = await import('@fastify/jwt')
  await fastify.register(fastifyJwt, {
    secret,
    decode,
    // Room for every user of the bench; the default of 1000 would evict some.
    verify: { cache: 10_000, algorithms: ['RS256'], allowedIss: trust.issuer }
  } as never)
  fastify.get(
    '/me',
    {
      schema: routeSchema,
      // The form of its documentation. The form with a callback makes a new verifier, with its own cache, each time.
      onRequest: async (request) => {
        await request.jwtVerify()
      }
    },
    (request, reply) => {
      reply.send({ userId: (request as unknown as { user: { sub: string } }).user.sub })
    }
  )
}

export const fastifyJwt: Contender = {
  name: '@fastify/jwt, cache, static key',
  duties: 'signature, times and issuer; no session states, no key rotation',
  carriers: ['bearer'],
  refuses: ALL_REFUSALS,
  packageName: '@fastify/jwt',
  register: (fastify, trust) => register(fastify, trust, { public: trust.jwtKey }, {})
}

export const fastifyJwtResolver: Contender = {
  name: '@fastify/jwt, cache, key resolver',
  duties: 'signature, times and issuer, key by kid from memory; no session states',
  carriers: ['bearer'],
  refuses: ALL_REFUSALS,
  packageName: '@fastify/jwt',
  register(fastify, trust) {
    const keys = new Map(
      trust.jwks.keys.map((jwk) => {
        const key = createPublicKey({ key: jwk as object, format: 'jwk' })
        return [(jwk as { kid: string }).kid, key.export({ type: 'spki', format: 'pem' }) as string]
      })
    )
    const secret = (_request: unknown, token: DecodedToken, callback: (error: null, key?: string) => void) => {
      callback(null, keys.get(token.header.kid))
    }
    return register(fastify, trust, secret, { complete: true })
  }
}
