export { instrumentClerk } from './instrument.js'
export type { OtelSource } from './observed-state.js'
export type { IdentifySpans, InstrumentOptions, OtelMeterProvider, OtelOptions } from './options.js'
export { otel, otel as default } from './plugin.js'
