export { type CollectOptions, collectClerkMetrics, type MetricsRegistry, type MetricsSource } from './collect.js'
export { type MetricsOptions, metrics as default } from './plugin.js'
