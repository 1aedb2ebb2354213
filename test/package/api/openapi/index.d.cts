import * as fastify from 'fastify'
interface OpenApiOptions {
  readonly decorator?: string | undefined
}
declare const openapi: fastify.FastifyPluginCallback<
  OpenApiOptions,
  fastify.RawServerDefault,
  fastify.FastifyTypeProviderDefault,
  fastify.FastifyBaseLogger
>
export { openapi as default, openapi }
export type { OpenApiOptions }
