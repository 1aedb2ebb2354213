const { requireAuth } = require('fastify-clerk-auth')

module.exports = async (fastify) => {
  fastify.addHook('onRequest', requireAuth)

  fastify.get('/', (request) => ({ userId: request.auth.userId }))
}
