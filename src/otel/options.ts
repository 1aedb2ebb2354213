import { OptionTypeError } from '../core/errors.js'
import { checkText } from '../core/options/checks.js'
import { describeType, type Given } from '../core/options/given.js'
import { methods, number, text } from '../core/options/readers.js'
import { type OptionTable, option } from '../core/options/table.js'

/**
 * A `MeterProvider` of `@opentelemetry/api`: the member that is used, so that an application without that package can
 * compile against this entry's types.
 */
export interface OtelMeterProvider {
  getMeter(name: string, version?: string): unknown
}

/** Whether spans say who was signed in: not at all, by Clerk's ids, or by keyed hashes of them. */
export type IdentifySpans = boolean | 'hash'

export interface InstrumentOptions {
  /**
   * Verifications that take this long, in ms, become an event on the active span, as refused ones always do. Default 100, 0
   * (all) to 60000. A verification takes well below a millisecond unless it waits for keys.
   */
  readonly slowInMs?: number | undefined
  /**
   * Where the instruments are made. Default: the global one, `metrics` of `@opentelemetry/api`. The SDK has to be started
   * before: what the API hands out earlier never records anything.
   */
  readonly meterProvider?: OtelMeterProvider | undefined
  /** FAPI host of the instance: events of other instances in the process are left out. Default: all. */
  readonly instance?: string | null | undefined
}

export interface OtelOptions extends Omit<InstrumentOptions, 'instance'> {
  /**
   * Puts user, session and organization of signed-in requests on their span: `true`: Clerk's ids; `hash`: HMAC-SHA-256 of
   * them. Default false: no span says who it was. Security: ids are personal data, and go wherever spans go; hashes are
   * pseudonyms only as long as `hashKey` is secret. Metrics never hold any of them.
   */
  readonly identify?: IdentifySpans | undefined
  /**
   * Key of the hashes, the same in every process whose spans are to be compared. Default: the FAPI host. Security: the host is
   * no secret, so that whoever has the list of users can tell whose hash it is; give a random key of 32 characters or more.
   */
  readonly hashKey?: string | undefined
}

const slowInMs = number({ min: 0, max: 60_000, default: 100 })
const meterProvider = methods<OtelMeterProvider>(['getMeter'])

export const INSTRUMENT = {
  slowInMs,
  meterProvider,
  instance: option<string | null, string | null | undefined>((given) =>
    given.value === null ? null : checkText(given)
  )
} satisfies OptionTable<InstrumentOptions>

export const OTEL = {
  slowInMs,
  meterProvider,
  identify: option<IdentifySpans, IdentifySpans>(readIdentify),
  hashKey: text({ default: null })
} satisfies OptionTable<OtelOptions>

function readIdentify({ name, value }: Given): IdentifySpans {
  if (value === undefined) return false
  if (typeof value === 'boolean' || value === 'hash') return value
  throw new OptionTypeError(name, 'true, false or "hash"', describeType(value))
}
