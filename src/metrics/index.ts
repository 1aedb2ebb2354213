export { collectClerkMetrics, type MetricsSource } from './collect.js'
export type { AuditLogHealth, AuditLogSource, CollectOptions, MetricsOptions, MetricsRegistry } from './options.js'
export { metrics, metrics as default } from './plugin.js'
