import { type Contender, routeSchema } from './contender.js'

/** `path`: where its route is. */
export const createBare = (path: string): Contender => ({
  name: 'bare Fastify',
  duties: 'no authentication: the ceiling',
  carriers: ['bearer', 'cookie'],
  refuses: [],
  packageName: 'fastify',
  async register(fastify) {
    fastify.get(path, { schema: routeSchema }, (_request, reply) => {
      reply.send({ userId: 'user_0' })
    })
  }
})

export const bare = createBare('/me')
