import Fastify from 'fastify'
import clerkAuth, { createTokenVerifier, getAuth, clerkAuth as named } from 'fastify-clerk-auth'
import { createLocalClerk } from 'fastify-clerk-auth/local'

const clerk = await createLocalClerk()
const fastify = Fastify()
await fastify.register(clerkAuth, clerk.pluginOptions())
fastify.get('/me', { preHandler: fastify.requireAuth }, (request) => ({
  fromRequest: request.auth.userId,
  fromGetAuth: getAuth(request).userId
}))

const signedIn = await fastify.inject({ url: '/me', headers: clerk.bearer({ userId: 'user_esm' }) })
const signedOut = await fastify.inject({ url: '/me' })
await fastify.close()
await clerk.close()

process.stdout.write(
  JSON.stringify({
    sameFunction: clerkAuth === named,
    verifier: typeof createTokenVerifier,
    signedIn: [signedIn.statusCode, signedIn.json()],
    signedOut: [signedOut.statusCode, typeof signedOut.headers['www-authenticate']]
  })
)
