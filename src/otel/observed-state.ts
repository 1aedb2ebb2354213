import type { Attributes, Meter, Observable } from '@opentelemetry/api'
import { LRUCache } from 'lru-cache'
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

/** A source with the FAPI host that its series carry. */
export interface Observed {
  readonly source: OtelSource
  readonly instance: string | null
}

/** Values of one row, by their attributes. */
type Series = readonly (readonly [Value, Attributes])[]

/** FAPI hosts whose closed instances are remembered. The counters of one that is forgotten begin anew. */
const MAX_ENDED = 10_000

interface Row {
  readonly name: string
  readonly kind: Kind
  readonly unit: string
  readonly description: string
  /** Gives the same series in the same order each time. */
  readonly read: (stats: InstanceStats, health: InstanceHealth) => Value | Series
  /** Makes one value of those of two instances with the same FAPI host, which one series stands for. */
  readonly combine: (one: number, other: number) => number
}

const add = (one: number, other: number): number => one + other
const furtherFromZero = (one: number, other: number): number => (Math.abs(one) > Math.abs(other) ? one : other)

function row(
  kind: Kind,
  name: string,
  unit: string,
  description: string,
  read: Row['read'],
  combine: Row['combine'] = add
): Row {
  return { name: `clerk.auth.${name}`, kind, unit, description, read, combine }
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
  row('Gauge', 'key.age', 's', 'Time since the key set was confirmed', (_, h) => seconds(h.keys.ageMs), Math.max),
  row(
    'Gauge',
    'clock.offset',
    's',
    'Clock of Clerk minus the clock of this server',
    (_, h) => seconds(h.clock?.offsetMs ?? null),
    furtherFromZero
  ),
  row('Gauge', 'ready', '1', '1 while tokens can be judged', (_, h) => Number(h.ready), Math.min),
  row(
    'Gauge',
    'degraded',
    '1',
    '1 while something is wrong that is worked around',
    (_, h) => Number(h.degraded),
    Math.max
  ),
  row(
    'Gauge',
    'revocation.bus.connected',
    '1',
    '1 while a revocation made here reaches the other processes at once',
    (_, { revocation: { bus } }) => (bus === null ? null : Number(bus.connected)),
    Math.min
  )
]

function seconds(ms: number | null): number | null {
  return ms === null ? null : ms / 1000
}

/** Last values of the counters of closed instances, by FAPI host: a series does not fall when one of several is closed. */
type Ended = LRUCache<string, ReadonlyMap<Row, Series>>

interface State {
  readonly stats: InstanceStats
  readonly health: InstanceHealth
}

/**
 * Observable instruments over `stats()` and `health()` of the sources, which are listed at each collection and read once for all
 * instruments. Returns a function that ends it.
 */
export function observeState(meter: Meter, list: () => Iterable<Observed>): () => void {
  const observed = ROWS.map((row) => ({ row, observable: create(meter, row) }))
  const observables = observed.map(({ observable }) => observable)
  const ended: Ended = new LRUCache({ maxSize: MAX_ENDED, sizeCalculation: () => 1 })
  let before: ReadonlyMap<OtelSource, readonly [string | null, State]> = new Map()
  const observe: Parameters<Meter['addBatchObservableCallback']>[0] = (result) => {
    const read = new Map<OtelSource, readonly [string | null, State]>()
    for (const { source, instance } of list()) {
      read.set(source, [instance, { stats: source.stats(), health: source.health() }])
    }
    for (const [source, [instance, state]] of before) {
      if (!read.has(source)) keep(ended, instance, { ...state, stats: source.stats() })
    }
    before = read
    for (const [instance, states] of byInstance(read.values())) {
      const kept = ended.get(String(instance))
      const own = attributesOf({ [INSTANCE]: instance })
      for (const { row, observable } of observed) {
        for (const [value, attributes] of sum(row, seriesOf(row, states), kept?.get(row) ?? [])) {
          if (value !== null) result.observe(observable, value, { ...own, ...attributes })
        }
      }
    }
  }
  meter.addBatchObservableCallback(observe, observables)
  return () => meter.removeBatchObservableCallback(observe, observables)
}

/** By FAPI host: of two values with the same attributes an SDK keeps the last alone. */
function byInstance(read: Iterable<readonly [string | null, State]>): Map<string | null, State[]> {
  const states = new Map<string | null, State[]>()
  for (const [instance, state] of read) {
    const same = states.get(instance)
    if (same === undefined) states.set(instance, [state])
    else same.push(state)
  }
  return states
}

function keep(ended: Ended, instance: string | null, state: State): void {
  const kept = ended.get(String(instance))
  const counters = ROWS.filter(({ kind }) => kind === 'Counter')
  const series = (row: Row) => sum(row, seriesOf(row, [state]), kept?.get(row) ?? [])
  ended.set(String(instance), new Map(counters.map((row) => [row, series(row)])))
}

function seriesOf(row: Row, states: readonly State[]): Series {
  return states
    .map(({ stats, health }): Series => {
      const read = row.read(stats, health)
      return isSeries(read) ? read : [[read, {}]]
    })
    .reduce((one, other) => sum(row, one, other))
}

/** `other` may be empty. */
function sum(row: Row, one: Series, other: Series): Series {
  return one.map(([value, attributes], index) => [combined(row, value, other[index]?.[0] ?? null), attributes])
}

function combined({ combine }: Row, one: Value, other: Value): Value {
  if (one === null) return other
  return other === null ? one : combine(one, other)
}

function isSeries(read: ReturnType<Row['read']>): read is Series {
  return Array.isArray(read)
}

function create(meter: Meter, { kind, name, unit, description }: Row): Observable {
  return meter[`createObservable${kind}`](name, { unit, description })
}
