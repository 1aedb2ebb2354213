import {
  type Attributes,
  createNoopMeter,
  type Meter,
  metrics,
  type ObservableCallback,
  type ObservableResult
} from '@opentelemetry/api'
import t from 'tap'
import { subscribe } from '../../src/diagnostics/index.js'
import type { ClerkDecorator } from '../../src/index.js'
import { createApp } from '../fixtures/app.js'

// The recipe of the README: what an application writes to see the plugin in OpenTelemetry.
function instrumentClerk(clerk: ClerkDecorator): () => void {
  const meter = metrics.getMeter('fastify-clerk-auth')
  const durations = meter.createHistogram('clerk.auth.verification.duration', { unit: 's' })
  const refreshes = meter.createCounter('clerk.auth.key.refreshes')
  const keyAge = meter.createObservableGauge('clerk.auth.key.age', { unit: 's' })
  const observeKeyAge = (result: ObservableResult) => {
    const { ageMs } = clerk.health().keys
    if (ageMs !== null) result.observe(ageMs / 1000)
  }
  keyAge.addCallback(observeKeyAge)
  const end = [
    subscribe('fastify-clerk-auth:verification', ({ outcome, durationMs }) => {
      if (durationMs !== null) durations.record(durationMs / 1000, { outcome })
    }),
    subscribe('fastify-clerk-auth:jwks:refresh', ({ outcome, cause }) => refreshes.add(1, { outcome, cause }))
  ]
  return () => {
    keyAge.removeCallback(observeKeyAge)
    for (const unsubscribe of end) unsubscribe()
  }
}

interface Recorded {
  readonly name: string
  readonly value: number
  readonly attributes: Attributes | undefined
}

/** A meter that writes down what it is told, in the place of an SDK. */
function recordMetrics(): { recorded: Recorded[]; observe: () => void } {
  const recorded: Recorded[] = []
  const callbacks = new Map<ObservableCallback, string>()
  const noop = createNoopMeter()
  const write = (name: string) => (value: number, attributes?: Attributes) => {
    recorded.push({ name, value, attributes })
  }
  const meter: Meter = Object.assign(Object.create(noop), {
    createHistogram: (name: string) => ({ record: write(name) }),
    createCounter: (name: string) => ({ add: write(name) }),
    createObservableGauge: (name: string) => ({
      addCallback: (callback: ObservableCallback) => callbacks.set(callback, name),
      removeCallback: (callback: ObservableCallback) => callbacks.delete(callback)
    })
  })
  metrics.setGlobalMeterProvider({ getMeter: () => meter })
  return {
    recorded,
    observe() {
      for (const [callback, name] of callbacks) callback({ observe: write(name) })
    }
  }
}

t.test('the channels feed OpenTelemetry', async (t) => {
  const { recorded, observe } = recordMetrics()
  t.teardown(() => metrics.disable())
  const { clerk, fastify } = await createApp(t, { plugin: { jwks: { warmUp: false } } })
  const end = instrumentClerk(fastify.clerk)
  observe()
  t.strictSame(recorded, [], 'no age before there are keys')

  await fastify.inject({ url: '/', headers: clerk.bearer({ userId: 'user_1' }) })
  observe()
  t.match(recorded, [
    { name: 'clerk.auth.key.refreshes', value: 1, attributes: { outcome: 'changed', cause: 'missing-keys' } },
    { name: 'clerk.auth.verification.duration', value: Number, attributes: { outcome: 'verified' } },
    { name: 'clerk.auth.key.age', value: Number }
  ])

  end()
  recorded.length = 0
  await fastify.inject({ url: '/', headers: clerk.bearer({ userId: 'user_2' }) })
  observe()
  t.strictSame(recorded, [])
})
