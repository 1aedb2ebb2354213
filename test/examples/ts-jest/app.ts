import Fastify from 'fastify'
import clerkAuth, { assertSignedIn, type ClerkAuthOptions, requireAuth } from 'fastify-clerk-auth'

export async function buildApp(clerk: ClerkAuthOptions = {}) {
  const app = Fastify()
  await app.register(clerkAuth, clerk)

  app.get('/me', { onRequest: requireAuth }, (request) => {
    assertSignedIn(request.auth)
    return { userId: request.auth.userId }
  })
  return app
}
