import { InstanceHealth, InstanceStats } from '../index.cjs'
import * as fastify from 'fastify'
interface OtelSource {
  health(): InstanceHealth
  stats(): InstanceStats
}
interface OtelMeterProvider {
  getMeter(name: string, version?: string): unknown
}
type IdentifySpans = boolean | 'hash'
interface InstrumentOptions {
  readonly slowInMs?: number | undefined
  readonly meterProvider?: OtelMeterProvider | undefined
  readonly instance?: string | null | undefined
}
interface OtelOptions extends Omit<InstrumentOptions, 'instance'> {
  readonly identify?: IdentifySpans | undefined
  readonly hashKey?: string | undefined
}
declare function instrumentClerk(source: OtelSource, options?: InstrumentOptions): Promise<() => void>
declare const otel: fastify.FastifyPluginCallback<
  OtelOptions,
  fastify.RawServerDefault,
  fastify.FastifyTypeProviderDefault,
  fastify.FastifyBaseLogger
>
export { otel as default, instrumentClerk, otel }
export type { IdentifySpans, InstrumentOptions, OtelMeterProvider, OtelOptions, OtelSource }
