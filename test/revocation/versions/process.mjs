// One process of a fleet, with the version of the package that is installed in its folder. Does what messages say.
import cluster from 'node:cluster'
import Fastify from 'fastify'
import clerkAuth from 'fastify-clerk-auth'
import { createClusterBus, createRedisBus, relayRevocations } from 'fastify-clerk-auth/revocation'
import { Redis } from 'ioredis'

if (process.argv[2] === 'relay') await relay()
else await serve()

/** The primary of `node:cluster`. Its workers may be of other folders. */
async function relay() {
  relayRevocations()
  const workers = new Map()
  process.on('message', ({ to, start, ...message }) => {
    if (start === undefined) {
      workers.get(to).send(message)
      return
    }
    cluster.setupPrimary({ exec: start, args: [], execArgv: [] })
    const worker = cluster.fork()
    workers.set(to, worker)
    worker.on('message', (reply) => {
      if ('answer' in reply) process.send({ from: to, ...reply })
    })
  })
  process.send({ answer: 'ready' })
}

async function serve() {
  const fastify = Fastify()
  await fastify.register(clerkAuth, { acceptsToken: 'any', revocation: { bus: createBus() } })
  fastify.get('/', { preHandler: fastify.requireAuth }, () => 'ok')
  await fastify.ready()

  async function ask(token) {
    const { statusCode } = await fastify.inject({ url: '/', headers: { authorization: `Bearer ${token}` } })
    return statusCode
  }

  process.on('message', async ({ id, revoke, tokens }) => {
    if (id === undefined) return
    // In one turn, so that a bus may send them in one message.
    if (revoke !== undefined) await Promise.all(revoke.map((target) => fastify.clerk.revoke(target)))
    const answer = tokens === undefined ? 'revoked' : await Promise.all(tokens.map(ask))
    process.send({ id, answer })
  })
  process.send({ answer: 'ready' })
}

function createBus() {
  const { CLERK_TEST_REDIS_PORT: port } = process.env
  return port ? createRedisBus({ client: new Redis({ port: Number(port), host: '127.0.0.1' }) }) : createClusterBus()
}

process.on('disconnect', () => process.exit())
