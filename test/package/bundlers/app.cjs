// To be bundled: a program that requires what it uses.
const Fastify = require('fastify')
const clerkAuth = require('fastify-clerk-auth')
const { createLocalClerk } = require('fastify-clerk-auth/local')

async function main() {
  const clerk = await createLocalClerk()
  const app = Fastify()
  await app.register(clerkAuth, clerk.pluginOptions())
  app.get('/me', { onRequest: app.requireAuth }, (request) => clerkAuth.getAuth(request).userId)
  const signedIn = await app.inject({ url: '/me', headers: clerk.bearer({ userId: 'user_1' }) })
  const signedOut = await app.inject('/me')
  process.stdout.write(JSON.stringify({ signedIn: signedIn.body, signedOut: signedOut.statusCode }))
}

main()
