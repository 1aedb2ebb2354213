import type { Attributes, Meter, Observable } from '@opentelemetry/api'
import type { InstanceHealth } from '../core/instance/health.js'
import type { InstanceStats } from '../core/instance.js'
import { attributesOf, INSTANCE, RESULT, STATE } from './attributes.js'

/** The part of `fastify.clerk` that is observed. A token verifier (`createTokenVerifier`) has it too. */
export interface OtelSource {
  health(): InstanceHealth
  stats(): InstanceStats
}

type Kind = 'Counter' | 'UpDownCounter' | 'Gauge'

/** Null: not known, and so not observed, as an unknown value is not zero. */
type Value = number | null

interface Row {
  readonly name: string
  readonly kind: Kind
  readonly unit: string
  readonly description: string
  readonly read: (stats: InstanceStats, health: InstanceHealth) => Value | readonly (readonly [Value, Attributes])[]
}

function row(kind: Kind, name: string, unit: string, description: string, read: Row['read']): Row {
  return { name: `clerk.auth.${name}`, kind, unit, description, read }
}

const ROWS: readonly Row[] = [
  row('Counter', 'requests', '{request}', 'Authenticated requests by the state they came out in', (s) => [
    [s.signedIn, { [STATE]: 'signed-in' }],
    [s.signedOut, { [STATE]: 'signed-out' }],
    [s.handshakes, { [STATE]: 'handshake' }],
    [s.unavailable, { [STATE]: 'unavailable' }]
  ]),
  row(
    'Counter',
    'cache.lookups',
    '{token}',
    'Session tokens that were in memory as verified, and those that were not',
    (s) => [
      [s.hits, { [RESULT]: 'hit' }],
      [s.misses, { [RESULT]: 'miss' }]
    ]
  ),
  row(
    'Counter',
    'cache.evictions',
    '{token}',
    'Verified tokens pushed out by the bounds of the cache',
    (s) => s.evictions
  ),
  row('UpDownCounter', 'cache.tokens', '{token}', 'Verified tokens in memory', (s) => s.cachedTokens),
  row('UpDownCounter', 'cache.size', 'By', 'Estimated memory of the verified tokens', (s) => s.cachedBytes),
  row('Counter', 'signature.checks', '{signature}', 'Signatures checked', (s) => s.verifications),
  row('Counter', 'signature.failures', '{signature}', 'Signatures that did not verify', (s) => s.forged),
  row('Counter', 'revoked', '{token}', 'Session tokens refused because a revocation covers them', (s) => s.revoked),
  row('Counter', 'key.unknown', '{token}', 'Tokens that named a key in no known key set', (s) => s.keys.unknownKids),
  row('Counter', 'key.withdrawn', '{key}', 'Keys that left the key set', (s) => s.keys.withdrawnKeys),
  row('UpDownCounter', 'keys', '{key}', 'Keys in use', (_, h) => h.keys.kids.length),
  row('Gauge', 'key.age', 's', 'Time since the key set was confirmed', (_, h) => seconds(h.keys.ageMs)),
  row('Gauge', 'clock.offset', 's', 'Clock of Clerk minus the clock of this server', (_, h) =>
    seconds(h.clock?.offsetMs ?? null)
  ),
  row('Gauge', 'ready', '1', '1 while tokens can be judged', (_, h) => Number(h.ready)),
  row('Gauge', 'degraded', '1', '1 while something is wrong that is worked around', (_, h) => Number(h.degraded)),
  row(
    'Gauge',
    'revocation.bus.connected',
    '1',
    '1 while a revocation made here reaches the other processes at once',
    (_, { revocation: { bus } }) => (bus === null ? null : Number(bus.connected))
  )
]

function seconds(ms: number | null): number | null {
  return ms === null ? null : ms / 1000
}

/** Observable instruments over `stats()` and `health()`, which are read once for all of them. Returns a function that ends it. */
export function observeState(meter: Meter, source: OtelSource, instance: string | null): () => void {
  const own = attributesOf({ [INSTANCE]: instance })
  const observed = ROWS.map((row) => ({ row, observable: create(meter, row) }))
  const observables = observed.map(({ observable }) => observable)
  const observe: Parameters<Meter['addBatchObservableCallback']>[0] = (result) => {
    const stats = source.stats()
    const health = source.health()
    for (const { row, observable } of observed) {
      const read = row.read(stats, health)
      for (const [value, attributes] of isSeries(read) ? read : [[read, {}] as const]) {
        if (value !== null) result.observe(observable, value, { ...own, ...attributes })
      }
    }
  }
  meter.addBatchObservableCallback(observe, observables)
  return () => meter.removeBatchObservableCallback(observe, observables)
}

function isSeries(read: ReturnType<Row['read']>): read is readonly (readonly [Value, Attributes])[] {
  return Array.isArray(read)
}

function create(meter: Meter, { kind, name, unit, description }: Row): Observable {
  return meter[`createObservable${kind}`](name, { unit, description })
}
