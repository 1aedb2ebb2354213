const awsLambda = require('@fastify/aws-lambda')
const Fastify = require('fastify')
const { clerkAuth, requireAuth } = require('fastify-clerk-auth')

const app = Fastify()
// Reads CLERK_* from the environment. A page load comes through other hosts than a Lambda's own: no redirects here.
app.register(clerkAuth, { handshake: false })
app.register(async (scope) => {
  scope.get('/me', { onRequest: requireAuth }, (request) => ({ userId: request.auth.userId }))
})

exports.handler = awsLambda(app)
