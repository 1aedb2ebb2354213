import Fastify from 'fastify'
import clerkAuth, { type Auth, createTokenVerifier, getAuth } from 'fastify-clerk-auth'
import { createLocalClerk } from 'fastify-clerk-auth/local'

declare global {
  interface CustomJwtSessionClaims {
    plan?: 'free' | 'pro'
  }
}

const clerk = await createLocalClerk()
const fastify = Fastify()
await fastify.register(clerkAuth, { jwtKey: clerk.jwtKey, authorizedParties: ['https://app.example.com'] })

fastify.get('/me', { preHandler: fastify.requireAuth }, (request) => {
  const auth: Auth = request.auth
  if (!auth.isAuthenticated || auth.tokenType !== 'session_token') return { userId: null }
  const userId: string = auth.userId
  const plan: 'free' | 'pro' | undefined = auth.sessionClaims.plan
  return { userId, plan, admin: auth.has({ role: 'org:admin' }) }
})
fastify.get('/open', { config: { clerk: false } }, () => 'open')
fastify.get('/any', (request) => getAuth(request).isAuthenticated)

const verifier = createTokenVerifier({ jwtKey: clerk.jwtKey })
const result = await verifier.verify(clerk.signSessionToken())
if (result.ok) {
  const subject: string = result.claims.sub
  process.stdout.write(subject)
} else {
  process.stdout.write(`${result.reason} ${result.message}`)
}
