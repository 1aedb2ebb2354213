import { explainFetchFailure } from '../core/fetch-cause.js'
import type { InstanceHealth } from '../core/instance/health.js'
import type { InstanceStats } from '../core/instance.js'
import { readOptions } from '../core/options/table.js'
import { subscribe } from '../diagnostics/index.js'
import { collectAudit } from './audit.js'
import { COLLECT, type CollectOptions, type MetricsRegistry } from './options.js'
import { importPromClient } from './prom-client.js'
import { NONE, reasonLabel } from './reasons.js'

/** The part of `fastify.clerk` that metrics read. A token verifier (`createTokenVerifier`) has it too. */
export interface MetricsSource {
  health(): InstanceHealth
  stats(): InstanceStats
}

type Read = (stats: InstanceStats, health: InstanceHealth) => number | null

type Row = readonly [name: string, help: string, read: Read]

const COUNTERS: readonly Row[] = [
  ['cache_hits_total', 'Session tokens that were in memory as verified, and good', (s) => s.hits],
  ['cache_misses_total', 'Session tokens that were not in memory', (s) => s.misses],
  ['cache_evictions_total', 'Verified tokens pushed out by the bounds of the cache', (s) => s.evictions],
  ['verifications_total', 'Signatures checked', (s) => s.verifications],
  ['verifications_pooled_total', 'Signatures checked in the thread pool', (s) => s.pooledVerifications],
  ['verifications_shared_total', 'Waits for the verification of the same token by another request', (s) => s.shared],
  ['signatures_bad_total', 'Signatures that did not verify', (s) => s.forged],
  ['key_fetches_total', 'Attempts to fetch the key set', (s) => s.keys.fetches],
  ['key_fetch_failures_total', 'Attempts to fetch the key set that failed', (s) => s.keys.failedFetches],
  ['keys_withdrawn_total', 'Keys that left the key set', (s) => s.keys.withdrawnKeys],
  ['unknown_kids_total', 'Tokens that named a key in no known key set', (s) => s.keys.unknownKids],
  ['revoked_tokens_total', 'Session tokens refused because a revocation covers them', (s) => s.revoked],
  [
    'revocation_folds_total',
    'Times that a full revocation store let its oldest entries count for everybody',
    (_, h) => h.revocation.folds
  ]
]

const GAUGES: readonly Row[] = [
  ['cached_tokens', 'Verified tokens in memory', (s) => s.cachedTokens],
  ['cached_bytes', 'Estimated memory of the verified tokens', (s) => s.cachedBytes],
  ['keys', 'Keys in use', (_, h) => h.keys.kids.length],
  ['key_age_seconds', 'Time since the key set was confirmed', (_, h) => seconds(h.keys.ageMs)],
  [
    'key_failures_in_a_row',
    'Failed attempts to fetch the key set since the last good one',
    (_, h) => h.keys.consecutiveFailures
  ],
  ['degraded', '1 while something is wrong that is worked around', (_, h) => Number(h.degraded)],
  ['ready', '1 while tokens can be judged', (_, h) => Number(h.ready)],
  [
    'clock_offset_seconds',
    'Clock of Clerk minus the clock of this server',
    (_, h) => seconds(h.clock?.offsetMs ?? null)
  ],
  ['revocation_entries', 'Revocations in memory', (_, h) => h.revocation.entries],
  [
    'revocation_bus_connected',
    '1 while a revocation made here reaches the other processes at once',
    (_, { revocation: { bus } }) => (bus === null ? null : Number(bus.connected))
  ]
]

function seconds(ms: number | null): number | null {
  return ms === null ? null : ms / 1000
}

/**
 * Registers the metrics of one instance on a prom-client registry. All labels have closed sets of values, so the number of
 * series is fixed and no label holds personal data. Counters are read when Prometheus scrapes; only reasons and times,
 * which the counters lack, come from the diagnostics channels. Resolves to a function that unregisters everything.
 * Rejects with `FST_CLERK_METRICS_PEER` where prom-client is not installed, with the coded error of a bad option, and with
 * prom-client's own where a name is taken; nothing is registered then.
 *
 * With several instances in one process, give each a registry of its own.
 */
export async function collectClerkMetrics(
  source: MetricsSource,
  registry: MetricsRegistry,
  options: CollectOptions = {}
): Promise<() => void> {
  const { namePrefix, buckets, instance, auditLog } = readOptions(COLLECT, options, { path: 'collectClerkMetrics' })
  const { Counter, Gauge, Histogram, Registry } = await importPromClient()
  const own = new Registry()
  const registers = [own]
  const names: string[] = []
  const named = (name: string) => {
    names.push(namePrefix + name)
    return namePrefix + name
  }

  for (const [name, help, read] of COUNTERS) {
    new Counter({
      name: named(name),
      help,
      registers,
      collect() {
        this.reset()
        this.inc(read(source.stats(), source.health()) ?? 0)
      }
    })
  }
  for (const [name, help, read] of GAUGES) {
    new Gauge({
      name: named(name),
      help,
      registers,
      collect() {
        const value = read(source.stats(), source.health())
        // An unknown value is not zero: the series is left out.
        if (value === null) this.remove()
        else this.set(value)
      }
    })
  }
  new Counter({
    name: named('requests_total'),
    help: 'Authenticated requests by the state they came out in',
    labelNames: ['state'],
    registers,
    collect() {
      const { signedIn, signedOut, handshakes, unavailable } = source.stats()
      this.reset()
      this.inc({ state: 'signed-in' }, signedIn)
      this.inc({ state: 'signed-out' }, signedOut)
      this.inc({ state: 'handshake' }, handshakes)
      this.inc({ state: 'unavailable' }, unavailable)
    }
  })
  new Counter({
    name: named('cross_origin_requests_total'),
    help: 'Requests signed in by cookie that change something and that pages of other origins caused',
    labelNames: ['outcome'],
    registers,
    collect() {
      const { reportedCrossOrigin, refusedCrossOrigin } = source.stats()
      this.reset()
      this.inc({ outcome: 'reported' }, reportedCrossOrigin)
      this.inc({ outcome: 'refused' }, refusedCrossOrigin)
    }
  })
  const refusals = new Counter({
    name: named('refusals_total'),
    help: 'Requests that did not come out signed in, by reason',
    labelNames: ['state', 'reason'],
    registers
  })
  const absences = new Counter({
    name: named('revocation_bus_absences_total'),
    help: 'Times that the revocation bus went away, by the first cause',
    labelNames: ['cause'],
    registers
  })
  const keyFailures = new Counter({
    name: named('key_fetch_failure_causes_total'),
    help: 'Attempts to get the key set that failed, by cause and code of the system or HTTP status',
    labelNames: ['cause', 'code'],
    registers
  })
  const durations = new Histogram({
    name: named('verification_seconds'),
    help: 'Time to judge a session token that was not in memory, waiting for keys included',
    labelNames: ['outcome'],
    buckets: [...buckets],
    registers
  })

  if (auditLog !== null) collectAudit({ Counter, Gauge }, auditLog, named, registers)

  /** Leaves metrics of the same names that others have put there meanwhile. */
  function unregister(): void {
    for (const name of names) {
      if (registry.getSingleMetric(name) === own.getSingleMetric(name)) registry.removeSingleMetric(name)
    }
  }
  try {
    for (const name of names) registry.registerMetric(own.getSingleMetric(name) as never)
  } catch (error) {
    unregister()
    throw error
  }

  const isOurs = (event: { readonly instance: string | null }) => instance === undefined || event.instance === instance
  const unsubscribe = [
    subscribe('fastify-clerk-auth:refusal', (event) => {
      if (isOurs(event)) refusals.inc({ state: event.state, reason: reasonLabel(event.reason) })
    }),
    subscribe('fastify-clerk-auth:jwks:refresh', (event) => {
      if (event.failure === null || !isOurs(event)) return
      const { word, code } = explainFetchFailure(event.failure)
      keyFailures.inc({ cause: word, code: code ?? NONE })
    }),
    subscribe('fastify-clerk-auth:revocation-bus', (event) => {
      if (!event.connected && isOurs(event)) absences.inc({ cause: event.cause })
    }),
    subscribe('fastify-clerk-auth:verification', (event) => {
      if (event.durationMs !== null && isOurs(event)) {
        durations.observe({ outcome: event.outcome }, event.durationMs / 1000)
      }
    })
  ]
  return () => {
    for (const end of unsubscribe) end()
    unregister()
  }
}
