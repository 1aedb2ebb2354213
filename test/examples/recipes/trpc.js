import { initTRPC, TRPCError } from '@trpc/server'
import { fastifyTRPCPlugin } from '@trpc/server/adapters/fastify'

const t = initTRPC.create()

const signedIn = t.procedure.use(({ ctx, next }) => {
  if (!ctx.auth.isAuthenticated) throw new TRPCError({ code: 'UNAUTHORIZED', message: ctx.auth.reason })
  return next({ ctx: { auth: ctx.auth } })
})

const router = t.router({
  hello: t.procedure.query(() => 'stranger'),
  me: signedIn.query(({ ctx }) => ctx.auth.userId)
})

export async function trpc(fastify) {
  await fastify.register(fastifyTRPCPlugin, {
    prefix: '/trpc',
    trpcOptions: { router, createContext: ({ req }) => ({ auth: req.auth }) }
  })
}
