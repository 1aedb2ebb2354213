import helmet from '@fastify/helmet'
import rateLimit from '@fastify/rate-limit'
import websocket from '@fastify/websocket'
import Fastify from 'fastify'
import clerkAuth, { requireAuth } from 'fastify-clerk-auth'
import { graphql } from './graphql.js'
import { problem } from './problem.js'
import { trpc } from './trpc.js'

export async function buildApp(clerk = {}) {
  const app = Fastify({ routerOptions: { maxParamLength: 5000 } }) // tRPC puts the names of a batch into one parameter
  app.setErrorHandler(problem)
  await app.register(clerkAuth, clerk)
  await app.register(helmet)
  await app.register(websocket)
  // After the authentication, so that its hook knows the user. Strangers are counted by address.
  await app.register(rateLimit, {
    max: 3,
    timeWindow: '1 minute',
    global: false,
    keyGenerator: (request) => request.auth.userId ?? request.ip
  })

  await app.register(graphql)
  await app.register(trpc)

  app.get('/me', { onRequest: requireAuth }, (request) => ({ userId: request.auth.userId }))
  app.get('/limited', { config: { rateLimit: {} }, onRequest: requireAuth }, () => 'within the limit')
  // A stranger's handshake is answered 401: the connection is never opened.
  app.get('/ws', { websocket: true, onRequest: requireAuth }, (socket, request) => {
    socket.send(JSON.stringify({ userId: request.auth.userId }))
  })
  return app
}
