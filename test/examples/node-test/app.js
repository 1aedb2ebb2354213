import Fastify from 'fastify'
import clerkAuth, { authorize, requireAuth } from 'fastify-clerk-auth'

/** The application. Tests hand in the options of a local Clerk; in production there are none: CLERK_* counts. */
export async function buildApp(clerk = {}) {
  const app = Fastify()
  await app.register(clerkAuth, clerk)

  app.get('/', (request) => ({ hello: request.auth.userId ?? 'stranger' }))
  app.get('/me', { onRequest: requireAuth }, (request) => ({ userId: request.auth.userId }))
  app.get('/reports', { onRequest: authorize({ permission: 'org:report:read' }) }, () => ['one', 'two'])
  return app
}
