const fp = require('fastify-plugin')
const { clerkAuth } = require('fastify-clerk-auth')

// Wrapped in fastify-plugin, or the authentication would end with this file: routes/ are beside it, not below.
module.exports = fp(async (fastify) => {
  await fastify.register(clerkAuth) // reads CLERK_* from the environment
})
