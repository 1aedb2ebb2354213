import type { FastifyPluginAsync } from 'fastify'
import { MetricsPluginError } from '../core/errors.js'
import { readOptions } from '../core/options/table.js'
import { REGISTER_OPTIONS } from '../plugin/register-options.js'
import { collectClerkMetrics } from './collect.js'
import { type AuditLogSource, METRICS, type MetricsOptions } from './options.js'
import { importPromClient } from './prom-client.js'

/**
 * Metrics of the plugin for Prometheus, through prom-client (an optional peer). Register it after fastify-clerk-auth;
 * throws `FST_CLERK_METRICS_PLUGIN` otherwise, `FST_CLERK_METRICS_PEER` without prom-client, and the coded error of a bad
 * option. With a resolver of instances, use `collectClerkMetrics` for each of them. The metrics leave the registry when
 * the server closes.
 */
export const metrics: FastifyPluginAsync<MetricsOptions> = async (fastify, options) => {
  const settings = readOptions(METRICS, options, { path: 'metrics', alsoKnown: REGISTER_OPTIONS })
  if (!fastify.hasDecorator('clerk')) throw new MetricsPluginError()
  const { path, namePrefix, buckets } = settings
  const registry = settings.registry ?? (await importPromClient()).register
  const instance = fastify.clerk.instanceOf()
  const stop = await collectClerkMetrics(instance, registry, {
    namePrefix,
    buckets,
    instance: instance.settings.frontendApi,
    // Looked up at each scrape: the audit log may be registered after the metrics.
    auditLog: { health: () => (fastify as { auditLog?: AuditLogSource }).auditLog?.health() ?? null }
  })
  fastify.addHook('onClose', async () => stop())

  if (path === null) return
  fastify.get(path, { config: { clerk: false } }, async (_request, reply) => {
    reply.header('content-type', registry.contentType).header('cache-control', 'no-store')
    return registry.metrics()
  })
}
