import { createError } from './create-error.js'

export const OpenApiPluginError = createError(
  'FST_CLERK_OPENAPI_PLUGIN',
  'fastify-clerk-auth/openapi reads fastify.clerk: register fastify-clerk-auth before it',
  500
)
export const OpenApiSwaggerError = createError(
  'FST_CLERK_OPENAPI_SWAGGER',
  'fastify-clerk-auth/openapi completes the document of @fastify/swagger: register that plugin after it, in the same scope',
  500
)
export const OpenApiVersionError = createError(
  'FST_CLERK_OPENAPI_VERSION',
  'fastify-clerk-auth/openapi writes OpenAPI 3: give @fastify/swagger the option openapi',
  500
)
