import { ALL_REFUSALS, type Contender, routeSchema, unauthorized } from './contender.js'

export const clerkFastify: Contender = {
  name: '@clerk/fastify',
  duties: 'session states, claims, no cache of verified tokens, networkless jwtKey',
  carriers: ['bearer', 'cookie'],
  refuses: ALL_REFUSALS,
  packageName: '@clerk/fastify',
  async register(fastify, trust) {
    const { clerkPlugin, getAuth } = await import('@clerk/fastify')
    await fastify.register(clerkPlugin, {
      publishableKey: trust.publishableKey,
      secretKey: trust.secretKey,
      jwtKey: trust.jwtKey,
      authorizedParties: [trust.authorizedParty],
      clockSkewInMs: 1
    } as object)
    fastify.get('/me', { schema: routeSchema }, (request, reply) => {
      const { userId } = getAuth(request) as { userId: string | null }
      if (userId === null) reply.code(401).send(unauthorized)
      else reply.send({ userId })
    })
  }
}
