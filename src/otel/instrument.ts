import { readOptions } from '../core/options/table.js'
import { VERSION } from '../core/version.js'
import { importOpenTelemetry, type OpenTelemetry } from './api.js'
import { NAME } from './attributes.js'
import { countEvents, type IsOurs } from './event-counts.js'
import { type Observed, type OtelSource, observeState } from './observed-state.js'
import { INSTRUMENT, type InstrumentOptions } from './options.js'
import { noteVerifications } from './span-events.js'

/**
 * Makes the instruments of one instance, and events on active spans. All attributes of metrics have closed sets of values, and
 * none holds personal data. Counters and states are read when metrics are collected: a request with a known token costs nothing.
 * Resolves to a function that ends it. Rejects with `FST_CLERK_OTEL_PEER` where `@opentelemetry/api` is not installed, and with
 * the coded error of a bad option.
 *
 * With several instances in one process, give each its own `instance`: the attribute `clerk.instance` tells them apart. Those
 * behind a resolver are the plugin's business: register `otel`.
 */
export async function instrumentClerk(source: OtelSource, options: InstrumentOptions = {}): Promise<() => void> {
  const { slowInMs, meterProvider, instance } = readOptions(INSTRUMENT, options, { path: 'instrumentClerk' })
  const observed = [{ source, instance: instance ?? null }]
  const isOurs: IsOurs = (event) => instance === undefined || event.instance === instance
  return instrument(() => observed, isOurs, { slowInMs, meterProvider })
}

/** The instruments of all instances of a list, which is asked for at each collection. */
export async function instrument(
  list: () => Iterable<Observed>,
  isOurs: IsOurs,
  { slowInMs, meterProvider }: { readonly slowInMs: number; readonly meterProvider: object | null }
): Promise<() => void> {
  const api = await importOpenTelemetry()
  const meter = ((meterProvider ?? api.metrics) as OpenTelemetry['metrics']).getMeter(NAME, VERSION)
  const ends = [observeState(meter, list), ...countEvents(meter, isOurs), noteVerifications(api, slowInMs, isOurs)]
  return () => {
    for (const end of ends) end()
  }
}
