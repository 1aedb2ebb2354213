import { type Contender, routeSchema } from './contender.js'

export const bare: Contender = {
  name: 'bare Fastify',
  duties: 'no authentication: the ceiling',
  carriers: ['bearer', 'cookie'],
  refuses: [],
  packageName: 'fastify',
  async register(fastify) {
    fastify.get('/me', { schema: routeSchema }, (_request, reply) => {
      reply.send({ userId: 'user_0' })
    })
  }
}
