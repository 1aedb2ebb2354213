import { OptionRangeError, OptionTypeError } from '../core/errors.js'
import type { Logger } from '../core/logger.js'
import { checkFunction, checkMethods } from '../core/options/checks.js'
import { describeType, type Given } from '../core/options/given.js'
import { callback, choice, logger, now, requiredText, wholeNumber } from '../core/options/readers.js'
import { type OptionTable, option, readMembers, readOptions, type SettingsOf } from '../core/options/table.js'
import { readEarlyRoutes } from '../core/options/urls.js'
import { REGISTER_OPTIONS } from '../plugin/register-options.js'
import { type Censor, parseRedaction, type Redaction } from './redaction.js'
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
  /**
   * Routes that may be made before the audit log has loaded, by their paths, or `true` for all: they are not recorded.
   * Default false: the server does not start with one that serves more than `OPTIONS`.
   */
  readonly earlyRoutes?: boolean | readonly string[] | undefined
  /** Fields recorded as null, e.g. `['device.userAgent', 'details.email']`, or with a `censor` that makes the value recorded instead: null where it throws. */
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
  readonly censor?: Censor | undefined
}

type Chain = boolean | { readonly key: string }

export const AUDIT = {
  sink: option<AuditSink, AuditSink>(readSink),
  flushIntervalInMs: wholeNumber({ min: 1, max: 60_000, default: 100 }),
  batchSize: wholeNumber({ min: 1, max: 10_000, default: 256 }),
  maxQueued: wholeNumber({ min: 1, max: 1_000_000, default: 10_000 }),
  whenFull: choice(['wait', 'drop'], { default: 'wait' }),
  maxWaitInMs: wholeNumber({ min: 0, max: 600_000, default: 5_000 }),
  closeTimeoutInMs: wholeNumber({ min: 0, max: 600_000, default: 10_000 }),
  chain: option<Chain, { readonly key: string | null } | null>(readChain),
  address: choice(['full', 'truncated', 'none'], { default: 'full' }),
  earlyRoutes: option<boolean | readonly string[], boolean | readonly string[]>(readEarlyRoutes),
  redact: option<readonly string[] | RedactOptions, Redaction>(readRedaction),
  parseAgent: option<AgentParser | null, AgentParser | null | undefined>(readAgentParser),
  now,
  logger
} satisfies OptionTable<AuditOptions>

const CHAIN = {
  key: requiredText()
} satisfies OptionTable<Exclude<Chain, boolean>>

const REDACT = {
  paths: option<readonly string[], readonly string[]>(({ name, value }) => {
    if (isList(value)) return value
    throw new OptionTypeError(name, 'a list of field paths', describeType(value))
  }),
  censor: callback<Censor>({ default: null })
} satisfies OptionTable<RedactOptions>

/** The settings of the audit log. `parseAgent` is `undefined` where bowser parses, if the application has it. */
export interface AuditSettings extends Omit<SettingsOf<typeof AUDIT>, 'logger'> {
  readonly logger: Logger
}

/** Checks the options, fills in defaults and freezes the result. Throws coded errors that name the option. */
export function readAuditOptions(options: AuditOptions, fallback: Logger): AuditSettings {
  const settings = readOptions(AUDIT, options, { path: 'audit', alsoKnown: REGISTER_OPTIONS })
  return Object.freeze({ ...settings, logger: settings.logger ?? fallback })
}

function readSink({ name, value }: Given): AuditSink {
  const expected = 'a sink, such as fileSink("audit.ndjson")'
  if (typeof value !== 'object' || value === null) throw new OptionTypeError(name, expected, describeType(value))
  return checkMethods<AuditSink>({ name, value }, ['open', 'write', 'close']) as AuditSink
}

function readChain(given: Given): { readonly key: string | null } | null {
  const { name, value } = given
  if (value === undefined || value === false) return null
  if (value === true) return { key: null }
  if (typeof value !== 'object') throw new OptionTypeError(name, 'true, false or { key }', describeType(value))
  const { key } = readMembers(CHAIN, given)
  if (key.length < 16) throw new OptionRangeError(`${name}.key`, '16 characters or longer')
  return { key }
}

function readRedaction(given: Given): Redaction {
  const { name, value } = given
  if (value === undefined) return parseRedaction([], null)
  if (isList(value)) return parseRedaction(value, null)
  if (typeof value !== 'object') {
    throw new OptionTypeError(name, 'a list of field paths or { paths, censor }', describeType(value))
  }
  const { paths, censor } = readMembers(REDACT, given)
  return parseRedaction(paths, censor)
}

function readAgentParser(given: Given): AgentParser | null | undefined {
  return given.value === null ? null : checkFunction<AgentParser>(given)
}

function isList(value: unknown): value is readonly string[] {
  return Array.isArray(value)
}
