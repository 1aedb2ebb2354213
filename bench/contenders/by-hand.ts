import type { FastifyInstance, FastifyRequest } from 'fastify'
import { ALL_REFUSALS, type Contender, routeSchema, unauthorized } from './contender.js'

const kUserId = 'benchUserId'

/** The hook that an application writes around a verifying function. */
function protect(fastify: FastifyInstance, verify: (token: string) => string | Promise<string>): void {
  fastify.decorateRequest(kUserId, '')
  fastify.get(
    '/me',
    {
      schema: routeSchema,
      onRequest: async (request, reply) => {
        const { authorization } = request.headers
        if (!authorization?.startsWith('Bearer ')) return reply.code(401).send(unauthorized)
        try {
          setUserId(request, await verify(authorization.slice(7)))
        } catch {
          return reply.code(401).send(unauthorized)
        }
      }
    },
    (request, reply) => {
      reply.send({ userId: (request as unknown as Record<string, string>)[kUserId] })
    }
  )
}

function setUserId(request: FastifyRequest, userId: string): void {
  ;(request as unknown as Record<string, string>)[kUserId] = userId
}

export const jose: Contender = {
  name: 'jose by hand',
  duties: 'signature, times and issuer, imported key; no session states, no cache',
  carriers: ['bearer'],
  refuses: ALL_REFUSALS,
  packageName: 'jose',
  async register(fastify, trust) {
    const { importSPKI, jwtVerify } = await import('jose')
    const key = await importSPKI(trust.jwtKey, 'RS256')
    const options = { issuer: trust.issuer, algorithms: ['RS256'] }
    protect(fastify, async (token) => (await jwtVerify(token, key, options)).payload.sub as string)
  }
}

export const awsJwtVerify: Contender = {
  name: 'aws-jwt-verify',
  duties: 'signature, times and issuer, cached key set, verifySync; no session states, no cache of tokens',
  carriers: ['bearer'],
  refuses: ALL_REFUSALS,
  packageName: 'aws-jwt-verify',
  async register(fastify, trust) {
    const { JwtVerifier } = await import('aws-jwt-verify')
    const verifier = JwtVerifier.create({
      issuer: trust.issuer,
      audience: null,
      jwksUri: `${trust.issuer}/.well-known/jwks.json`
    })
    verifier.cacheJwks(trust.jwks as Parameters<typeof verifier.cacheJwks>[0])
    protect(fastify, (token) => verifier.verifySync(token).sub as string)
  }
}
