import { type Attributes, context, metrics, type Span, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader
} from '@opentelemetry/sdk-metrics'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import type { FastifyInstance } from 'fastify'
import type { Test } from 'tap'

export interface Point {
  readonly name: string
  readonly unit: string
  readonly attributes: Attributes
  /** Of a histogram, the number of values. */
  readonly value: number
}

/** The metrics SDK of OpenTelemetry, exporting to memory when asked to. */
export function createMetricsSdk(t: Test) {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })
  const meterProvider = new MeterProvider({ readers: [reader] })
  t.teardown(() => meterProvider.shutdown())
  return {
    meterProvider,
    async collect(): Promise<Point[]> {
      exporter.reset()
      await reader.forceFlush()
      return exporter.getMetrics().flatMap(({ scopeMetrics }) =>
        scopeMetrics.flatMap((scope) =>
          scope.metrics.flatMap(({ descriptor, dataPoints }) =>
            dataPoints.map(({ attributes, value }) => ({
              name: descriptor.name,
              unit: descriptor.unit,
              attributes,
              value: typeof value === 'number' ? value : value.count
            }))
          )
        )
      )
    },
    setGlobal(): void {
      metrics.setGlobalMeterProvider(meterProvider)
      t.teardown(() => metrics.disable())
    }
  }
}

/** The tracing SDK of OpenTelemetry. `traced` makes a span for each request, as its instrumentation of node:http does. */
export function createTracingSdk(t: Test) {
  const exporter = new InMemorySpanExporter()
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  trace.setGlobalTracerProvider(provider)
  t.teardown(async () => {
    trace.disable()
    context.disable()
    await provider.shutdown()
  })
  return {
    async traced(
      fastify: FastifyInstance,
      request: object
    ): Promise<ReturnType<typeof exporter.getFinishedSpans>[number]> {
      exporter.reset()
      await trace.getTracer('test').startActiveSpan('request', async (span: Span) => {
        await fastify.inject(request)
        span.end()
      })
      const [span] = exporter.getFinishedSpans()
      if (span === undefined) throw new Error('no span')
      return span
    },
    /** With a span that ends before the request does, as that of a hook whose function has returned. */
    async tracedBriefly(fastify: FastifyInstance, request: object) {
      exporter.reset()
      await trace.getTracer('test').startActiveSpan('hook', async (span: Span) => {
        const response = fastify.inject(request)
        span.end()
        await response
      })
      return exporter.getFinishedSpans()
    }
  }
}
