import { InstanceHealth, InstanceStats } from '../index.cjs'
import { AuditHealth } from '../audit/index.cjs'
import { FastifyPluginAsync } from 'fastify'
interface MetricsRegistry {
  readonly contentType: string
  metrics(): Promise<string>
  registerMetric(metric: never): void
  getSingleMetric(name: string): unknown
  removeSingleMetric(name: string): void
}
interface AuditLogSource {
  health(): AuditLogHealth | null
}
type AuditLogHealth = Pick<AuditHealth, 'ok' | 'queued' | 'written' | 'dropped' | 'lost' | 'waiting' | 'turnedAway'>
interface CollectOptions {
  readonly namePrefix?: string | undefined
  readonly buckets?: readonly number[] | undefined
  readonly instance?: string | null | undefined
  readonly auditLog?: AuditLogSource | undefined
}
interface MetricsOptions extends Omit<CollectOptions, 'instance' | 'auditLog'> {
  readonly registry?: MetricsRegistry | undefined
  readonly path?: string | undefined
}
interface MetricsSource {
  health(): InstanceHealth
  stats(): InstanceStats
}
declare function collectClerkMetrics(
  source: MetricsSource,
  registry: MetricsRegistry,
  options?: CollectOptions
): Promise<() => void>
declare const metrics: FastifyPluginAsync<MetricsOptions>
export { collectClerkMetrics, metrics as default, metrics }
export type { AuditLogHealth, AuditLogSource, CollectOptions, MetricsOptions, MetricsRegistry, MetricsSource }
