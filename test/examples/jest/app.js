const Fastify = require('fastify')
const { clerkAuth, requireAuth } = require('fastify-clerk-auth')

async function buildApp(clerk = {}) {
  const app = Fastify()
  await app.register(clerkAuth, clerk)

  app.get('/me', { onRequest: requireAuth }, (request) => ({ userId: request.auth.userId }))
  return app
}

module.exports = { buildApp }
