module.exports = async (fastify) => {
  fastify.get('/', (request) => ({ hello: request.auth.userId ?? 'stranger' }))
}
