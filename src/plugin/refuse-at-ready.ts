import type { FastifyInstance } from 'fastify'

/**
 * Runs `check` when the server is about to be ready; what it throws keeps the server from starting. For good: after an error
 * of an `onReady` hook Fastify answers the second `inject()` all the same, and serverless adapters inject each request.
 */
export function refuseAtReady(fastify: FastifyInstance, check: () => void): void {
  fastify.addHook('onReady', async () => {
    try {
      check()
    } catch (error) {
      // Not awaited: closing waits for the end of this hook. Its own failure would hide the error that counts.
      fastify.close().then(undefined, () => {})
      throw error
    }
  })
}
