// Every line that ends with a code has to be refused with that code; the consumer test compares.
import Fastify from 'fastify'
import clerkAuth, { createTokenVerifier, type SignedOutAuth } from 'fastify-clerk-auth'

const fastify = Fastify()
await fastify.register(clerkAuth, { jwtKeys: 'misspelt' }) // TS2769
await fastify.register(clerkAuth, { clockSkewInMs: '5000' }) // TS2769
createTokenVerifier({ authorizedParties: [1] }) // TS2322

fastify.get('/me', (request) => {
  request.auth.userId.length // TS18047
  request.auth = null // TS2540
  if (request.auth.isAuthenticated && request.auth.tokenType === 'session_token') {
    request.auth.sessionClaims.sub = 'user_other' // TS2540
    request.auth.userID // TS2551
  }
  return null
})

export const readUser = (auth: SignedOutAuth): string => auth.userId // TS2322
