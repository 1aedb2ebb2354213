import { createError } from './create-error.js'

export const OtelPluginError = createError(
  'FST_CLERK_OTEL_PLUGIN',
  'fastify-clerk-auth/otel reads fastify.clerk: register fastify-clerk-auth before it',
  500
)
export const OtelPeerError = createError(
  'FST_CLERK_OTEL_PEER',
  'fastify-clerk-auth/otel needs the package @opentelemetry/api, which cannot be loaded: install it next to fastify-clerk-auth; the cause says more',
  500
)
