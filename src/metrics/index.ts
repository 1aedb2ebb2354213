export { collectClerkMetrics, type MetricsSource } from './collect.js'
export type { CollectOptions, MetricsOptions, MetricsRegistry } from './options.js'
export { metrics as default } from './plugin.js'
