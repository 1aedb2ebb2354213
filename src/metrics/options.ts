import type { AuditHealth } from '../audit/types.js'
import { OptionTypeError, OptionValueError } from '../core/errors.js'
import { checkList, checkNumber, checkText } from '../core/options/checks.js'
import { describeType, type Given } from '../core/options/given.js'
import { methods } from '../core/options/readers.js'
import { type OptionTable, option } from '../core/options/table.js'
import { readRoutePath } from '../core/options/urls.js'

/**
 * A `Registry` of prom-client: the members that are used, so that an application without prom-client can compile against
 * this entry's types.
 */
export interface MetricsRegistry {
  readonly contentType: string
  metrics(): Promise<string>
  registerMetric(metric: never): void
  getSingleMetric(name: string): unknown
  removeSingleMetric(name: string): void
}

/** The part of `fastify.auditLog` that metrics read. Null: there is no audit log (yet). */
export interface AuditLogSource {
  health(): AuditLogHealth | null
}

/** `health()` of the audit log, as far as it is measured. */
export type AuditLogHealth = Pick<
  AuditHealth,
  'ok' | 'queued' | 'written' | 'dropped' | 'lost' | 'waiting' | 'turnedAway'
>

export interface CollectOptions {
  /** Start of every metric's name: letters, digits, `_` and `:`, no digit first. Default `clerk_auth_`. */
  readonly namePrefix?: string | undefined
  /** Upper bounds of the histogram's buckets in seconds, ascending. Default: 50 µs to 5 s. */
  readonly buckets?: readonly number[] | undefined
  /** FAPI host of the instance, where one process has several: reasons and times of the others are then left out. */
  readonly instance?: string | null | undefined
  /** `fastify.auditLog`, where there is one. Default: none; the plugin finds it by itself. */
  readonly auditLog?: AuditLogSource | undefined
}

export interface MetricsOptions extends Omit<CollectOptions, 'instance' | 'auditLog'> {
  /** Where the metrics are registered. Default: prom-client's global registry. */
  readonly registry?: MetricsRegistry | undefined
  /**
   * Path of a route that answers with everything in the registry, e.g. `/metrics`. Default: none. Security: the route
   * is not authenticated; it tells nothing of persons, but keep it off the public listener all the same.
   */
  readonly path?: string | undefined
}

/** From a signature check (about 25 µs of work) to a long wait for keys (a fetch of 3 s and a cool-down). */
const BUCKETS: readonly number[] = [0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.01, 0.05, 0.25, 1, 2.5, 5]

const namePrefix = option<string, string>(readNamePrefix)
const buckets = option<readonly number[], readonly number[]>(readBuckets)

export const COLLECT = {
  namePrefix,
  buckets,
  instance: option<string | null, string | null | undefined>((given) =>
    given.value === null ? null : checkText(given)
  ),
  auditLog: methods<AuditLogSource>(['health'])
} satisfies OptionTable<CollectOptions>

export const METRICS = {
  namePrefix,
  buckets,
  registry: methods<MetricsRegistry>(['metrics', 'registerMetric', 'getSingleMetric', 'removeSingleMetric']),
  path: option<string, string | null>(readRoutePath)
} satisfies OptionTable<MetricsOptions>

/** A name as Prometheus allows it (data model, metric names), up to where the names of the metrics go on. */
function readNamePrefix(given: Given): string {
  const text = checkText(given) ?? 'clerk_auth_'
  if (/^[A-Za-z_:][A-Za-z0-9_:]*$/.test(text)) return text
  throw new OptionValueError(given.name, 'letters, digits, _ and :, no digit first')
}

function readBuckets(given: Given): readonly number[] {
  const bounds = checkList(given, 'a list of numbers', (item) => {
    const bound = checkNumber(item, { min: 0, max: Number.MAX_VALUE })
    if (bound === undefined) throw new OptionTypeError(item.name, 'a number', describeType(item.value))
    return bound
  })
  if (bounds === undefined) return BUCKETS
  if (bounds.length > 0 && bounds.every((bound, index) => index === 0 || bound > (bounds[index - 1] ?? 0)))
    return bounds
  throw new OptionValueError(given.name, 'one number or more, in ascending order')
}
