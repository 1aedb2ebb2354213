const Fastify = require('fastify')
const { clerkAuth, default: standard } = require('fastify-clerk-auth')
const { createLocalClerk } = require('fastify-clerk-auth/local')

async function main() {
  const clerk = await createLocalClerk()
  const fastify = Fastify()
  await fastify.register(clerkAuth, clerk.pluginOptions())
  fastify.get('/me', { preHandler: fastify.requireAuth }, (request) => ({ userId: request.auth.userId }))
  const signedIn = await fastify.inject({ url: '/me', headers: clerk.bearer({ userId: 'user_cjs' }) })
  await fastify.close()
  await clerk.close()
  process.stdout.write(
    JSON.stringify({ sameFunction: clerkAuth === standard, signedIn: [signedIn.statusCode, signedIn.json()] })
  )
}

main()
