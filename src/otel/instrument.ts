import type { MeterProvider } from '@opentelemetry/api'
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
  return instrument({ list: () => observed, isOurs, slowInMs }, meterProvider)
}

/** What one server, or one verifier, has measured. */
export interface Measured {
  /** Asked for at each collection. */
  readonly list: () => Iterable<Observed>
  readonly isOurs: IsOurs
  readonly slowInMs: number
}

interface Group {
  readonly members: Set<Measured>
  readonly end: () => void
}

/**
 * Module-level because meter providers and channels are the process's: all that one provider measures shares its instruments.
 * With instruments for each server an SDK would keep the last of their values, and count each event as often.
 */
const groups = new WeakMap<object, Group>()

/** Null as the meter provider: the global one. */
export async function instrument(measured: Measured, meterProvider: object | null): Promise<() => void> {
  const api = await importOpenTelemetry()
  const provider = (meterProvider ?? api.metrics.getMeterProvider()) as MeterProvider
  const group = groups.get(provider) ?? startGroup(api, provider)
  group.members.add(measured)
  return () => {
    if (!group.members.delete(measured) || group.members.size > 0) return
    groups.delete(provider)
    group.end()
  }
}

function startGroup(api: OpenTelemetry, provider: MeterProvider): Group {
  const members = new Set<Measured>()
  const meter = provider.getMeter(NAME, VERSION)
  const isOurs: IsOurs = (event) => [...members].some((member) => member.isOurs(event))
  const ends = [
    observeState(meter, () => [...members].flatMap(({ list }) => [...list()])),
    ...countEvents(meter, isOurs),
    noteVerifications(api, (event, ms) => [...members].some((member) => ms >= member.slowInMs && member.isOurs(event)))
  ]
  const group: Group = {
    members,
    end() {
      for (const end of ends) end()
    }
  }
  groups.set(provider, group)
  return group
}
