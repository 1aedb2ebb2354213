import { OptionRangeError, OptionTypeError, OptionValueError, UnknownOptionError } from '../core/errors.js'
import type { Logger } from '../core/logger.js'
import { parseRedaction, type Redaction } from './redaction.js'
import type { AgentParser, AuditSink } from './types.js'

/** How much of a client's address is recorded. `truncated`: the /24 of IPv4, the /48 of IPv6. */
export type AddressRule = 'full' | 'truncated' | 'none'

/** Options of `fastify-clerk-auth/audit`. Durations in ms. Unknown names and misfits fail registration. */
export interface AuditOptions {
  /** Where records go: `fileSink()`, `pinoSink()`, `postgresSink()` or your own. Required. */
  readonly sink: AuditSink
  /** How long a record may stay in memory while the sink is well, and so what a killed process can lose. Default 100, 1 to 60000. */
  readonly flushIntervalInMs?: number | undefined
  /** Records that go to the sink at once; as many flush the queue before the interval is over. Default 256, 1 to 10000. */
  readonly batchSize?: number | undefined
  /** Records kept while the sink is slow or gone. Default 10000, 1 to 1000000. */
  readonly maxQueued?: number | undefined
  /**
   * What happens when the queue is full. `wait` (default): requests whose record has no room are held before their
   * handler runs and answered 503 after `maxWaitInMs`, so nothing happens that is not recorded. `drop`: requests go on,
   * records are counted, logged, and the hole is recorded once there is room. Security: with `drop` whoever can stop
   * the sink can act unseen.
   */
  readonly whenFull?: 'wait' | 'drop' | undefined
  /** Longest wait for room. Default 5000, 0 to 600000. */
  readonly maxWaitInMs?: number | undefined
  /** How long `close` goes on trying to write what is accepted; what is then left is counted and logged. Default 10000, 0 to 600000. */
  readonly closeTimeoutInMs?: number | undefined
  /** Chain records by hash. A `key` (16 characters or more, kept away from the log) makes it an HMAC, which no one without the key can recompute. Default false. */
  readonly chain?: boolean | { readonly key: string } | undefined
  /** Default `full`. */
  readonly address?: AddressRule | undefined
  /** Fields recorded as null, e.g. `['device.userAgent', 'details.email']`, or with a `censor` that makes the value recorded instead. */
  readonly redact?: readonly string[] | RedactOptions | undefined
  /** Parses user agents. Default: with bowser if the application has it, else not. `null`: not. */
  readonly parseAgent?: AgentParser | null | undefined
  /** Milliseconds since the epoch. Default `Date.now`. */
  readonly now?: (() => number) | undefined
  /** Default `fastify.log`. */
  readonly logger?: Logger | undefined
}

export interface RedactOptions {
  readonly paths: readonly string[]
  /** What is recorded instead of a value, e.g. a keyed hash of it. Runs once per identity or device, not per record. */
  readonly censor?: ((value: unknown, path: string) => string | null) | undefined
}

export interface ResolvedAuditOptions {
  readonly sink: AuditSink
  readonly flushIntervalMs: number
  readonly batchSize: number
  readonly maxQueued: number
  readonly whenFull: 'wait' | 'drop'
  readonly maxWaitMs: number
  readonly closeTimeoutMs: number
  readonly chain: { readonly key: string | null } | null
  readonly address: AddressRule
  readonly redaction: Redaction
  /** `undefined`: bowser if there. */
  readonly parseAgent: AgentParser | null | undefined
  readonly now: () => number
  readonly logger: Logger
}

const NAMES = [
  'sink',
  'flushIntervalInMs',
  'batchSize',
  'maxQueued',
  'whenFull',
  'maxWaitInMs',
  'closeTimeoutInMs',
  'chain',
  'address',
  'redact',
  'parseAgent',
  'now',
  'logger'
]

/** Validates, fills in defaults and freezes. Throws coded errors that name the option. */
export function resolveAuditOptions(options: AuditOptions, defaultLogger: Logger): ResolvedAuditOptions {
  for (const name of Object.keys(options)) {
    // Fastify adds these to what every plugin is registered with.
    if (name === 'prefix' || name === 'logLevel' || name === 'logSerializers') continue
    if (!NAMES.includes(name)) throw new UnknownOptionError(name, ` of audit: there are ${NAMES.join(', ')}`)
  }
  const { sink } = options
  if (typeof sink !== 'object' || sink === null || typeof sink.write !== 'function') {
    throw new OptionTypeError('sink', 'a sink, such as fileSink("audit.ndjson")', typeof sink)
  }
  return Object.freeze({
    sink,
    flushIntervalMs: integer(options.flushIntervalInMs, 'flushIntervalInMs', 100, 1, 60_000),
    batchSize: integer(options.batchSize, 'batchSize', 256, 1, 10_000),
    maxQueued: integer(options.maxQueued, 'maxQueued', 10_000, 1, 1_000_000),
    whenFull: oneOf(options.whenFull, 'whenFull', ['wait', 'drop'] as const),
    maxWaitMs: integer(options.maxWaitInMs, 'maxWaitInMs', 5_000, 0, 600_000),
    closeTimeoutMs: integer(options.closeTimeoutInMs, 'closeTimeoutInMs', 10_000, 0, 600_000),
    chain: resolveChain(options.chain),
    address: oneOf(options.address, 'address', ['full', 'truncated', 'none'] as const),
    redaction: resolveRedaction(options.redact),
    parseAgent: functionOrNull(options.parseAgent, 'parseAgent'),
    now: functionOrNull(options.now, 'now') ?? Date.now,
    logger: options.logger ?? defaultLogger
  })
}

function resolveChain(chain: AuditOptions['chain']): { readonly key: string | null } | null {
  if (chain === undefined || chain === false) return null
  if (chain === true) return { key: null }
  if (typeof chain !== 'object' || chain === null) {
    throw new OptionTypeError('chain', 'true, false or { key }', describe(chain))
  }
  if (typeof chain.key !== 'string') throw new OptionTypeError('chain.key', 'a string', describe(chain.key))
  if (chain.key.length < 16) throw new OptionRangeError('chain.key', '16 characters or longer')
  return { key: chain.key }
}

function resolveRedaction(redact: AuditOptions['redact']): Redaction {
  if (redact === undefined) return parseRedaction([], null)
  if (isList(redact)) return parseRedaction(redact, null)
  if (typeof redact !== 'object' || redact === null || !isList(redact.paths)) {
    throw new OptionTypeError('redact', 'a list of field paths or { paths, censor }', describe(redact))
  }
  return parseRedaction(redact.paths, functionOrNull(redact.censor, 'redact.censor') ?? null)
}

function isList(value: unknown): value is readonly string[] {
  return Array.isArray(value)
}

function integer(value: unknown, name: string, fallback: number, least: number, most: number): number {
  if (value === undefined) return fallback
  if (typeof value !== 'number') throw new OptionTypeError(name, 'a whole number', describe(value))
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new OptionRangeError(name, `a whole number from ${least} to ${most}`)
  }
  return value
}

/** The first of the values is the default. */
function oneOf<T extends string>(value: unknown, name: string, values: readonly [T, ...T[]]): T {
  if (value === undefined) return values[0]
  const found = values.find((one) => one === value)
  if (found === undefined) throw new OptionValueError(name, values.map((one) => `"${one}"`).join(' or '))
  return found
}

// biome-ignore lint/complexity/noBannedTypes: narrowed by the caller's type parameter
function functionOrNull<T extends Function | null | undefined>(value: T, name: string): T {
  if (value === undefined || value === null || typeof value === 'function') return value
  throw new OptionTypeError(name, 'a function', describe(value))
}

function describe(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'a list' : typeof value
}
