import type { FastifyInstance } from 'fastify'
import fastifyPlugin from 'fastify-plugin'
import clerkAuth, { type PluginOptions } from '../../../src/index.js'

export const HELD = 100_000

/** The plugin while it holds revocations of other users, a third of each kind; measured in the place of the plugin. */
async function holding(fastify: FastifyInstance, options: PluginOptions): Promise<void> {
  await fastify.register(clerkAuth, options)
  const { revocations } = fastify.clerk.instanceOf()
  // An entry is kept for the lifetime of tokens, which is an hour in the bench.
  const issuedAt = Math.floor(Date.now() / 1000)
  revocations.observe({ issuedAt, auth: { sessionClaims: { exp: issuedAt + 3_600 } } })
  for (let i = 0; i < HELD; i++) {
    if (i % 3 === 0) await fastify.clerk.revoke({ sessionId: `sess_2hGq7XcM0kQyTnE4dV5sWz${i}` })
    else if (i % 3 === 1) await fastify.clerk.revoke({ userId: `user_2hGq7XcM0kQyTnE4dV5sWz${i}` })
    else await fastify.clerk.revoke({ organizationId: `org_${i % 1000}`, userId: `user_2hGq7XcM0kQyTnE4dV5sWz${i}` })
  }
}

export default fastifyPlugin(holding, '5.x')
