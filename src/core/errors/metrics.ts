import { createError } from './create-error.js'

export const MetricsPluginError = createError(
  'FST_CLERK_METRICS_PLUGIN',
  'fastify-clerk-auth/metrics reads fastify.clerk: register fastify-clerk-auth before it',
  500
)
export const MetricsPeerError = createError(
  'FST_CLERK_METRICS_PEER',
  'Metrics need the package prom-client, which cannot be loaded: install it next to fastify-clerk-auth; the cause says more',
  500
)
