import type { FastifyPluginAsync } from 'fastify'
import { MetricsPluginError } from '../core/errors.js'
import { type CollectOptions, collectClerkMetrics, type MetricsRegistry } from './collect.js'
import { importPromClient } from './prom-client.js'

export interface MetricsOptions extends Omit<CollectOptions, 'instance'> {
  /** Where the metrics are registered. Default: prom-client's global registry. */
  readonly registry?: MetricsRegistry
  /**
   * Path of a route that answers with everything in the registry, e.g. `/metrics`. Default: none. Security: the route
   * is not authenticated; it tells nothing of persons, but keep it off the public listener all the same.
   */
  readonly path?: string
}

/**
 * Metrics of the plugin for Prometheus, through prom-client (an optional peer). Register it after fastify-clerk-auth;
 * throws `FST_CLERK_METRICS_PLUGIN` otherwise, and `FST_CLERK_METRICS_PEER` without prom-client. With a resolver of instances, use `collectClerkMetrics` for each of them.
 * The metrics leave the registry when the server closes.
 */
export const metrics: FastifyPluginAsync<MetricsOptions> = async (fastify, options) => {
  if (!fastify.hasDecorator('clerk')) throw new MetricsPluginError()
  const { registry = (await importPromClient()).register, path, ...rest } = options
  const instance = fastify.clerk.instanceOf()
  const stop = await collectClerkMetrics(instance, registry, { ...rest, instance: instance.settings.frontendApi })
  fastify.addHook('onClose', async () => stop())

  if (path === undefined) return
  fastify.get(path, { config: { clerk: false } }, async (_request, reply) => {
    reply.header('content-type', registry.contentType).header('cache-control', 'no-store')
    return registry.metrics()
  })
}
