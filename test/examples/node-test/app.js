import Fastify from 'fastify'
import clerkAuth from 'fastify-clerk-auth'

/** The application. Tests hand in the options of a local Clerk; in production there are none: CLERK_* counts. */
export async function buildApp(clerk = {}) {
  const app = Fastify()
  await app.register(clerkAuth, clerk)

  app.get('/', (request) => ({ hello: request.auth.userId ?? 'stranger' }))
  app.get('/me', { onRequest: app.requireAuth }, (request) => ({ userId: request.auth.userId }))
  app.get('/reports', { onRequest: app.authorize({ permission: 'org:report:read' }) }, () => ['one', 'two'])
  return app
}
