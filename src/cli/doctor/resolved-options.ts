import type { Given } from '../../core/options/given.js'
import { HINTS, OPTIONS } from '../../core/options/instance-options.js'
import { type InstanceSettings, readInstanceOptions } from '../../core/options/instance-settings.js'
import { openOptions, type Reader, type Readers } from '../../core/options/table.js'
import { parsePublishableKey } from '../../core/publishable-key.js'
import type { GivenOptions } from './configuration.js'
import type { ReadEnvironment, Variables } from './environment.js'
import { type Finding, finding, findingOfError } from './finding.js'

/** An option as it counts, with where it comes from. The value is a text that may be shown. */
export interface ResolvedOption {
  readonly name: string
  /** `config`, `default`, or `CLERK_… (environment)` with the name of the file in place of the word. */
  readonly source: string
  readonly value: string
}

export interface ResolvedOptions {
  /** Null: the plugin would refuse to boot, and `findings` says why. */
  readonly settings: InstanceSettings | null
  readonly options: readonly ResolvedOption[]
  readonly findings: readonly Finding[]
}

/** Resolves options as the plugin does, with all that it would refuse and not the first alone. */
export function resolveOptions(given: GivenOptions, env: Variables, environment: ReadEnvironment): ResolvedOptions {
  const findings: Finding[] = []
  const known = withoutUnknown(given, findings)
  const open = openOptions(OPTIONS, known, { env, hints: HINTS })
  const options: ResolvedOption[] = []
  for (const [name, reader] of Object.entries<Reader<unknown>>(OPTIONS)) {
    const each = open(name as keyof typeof OPTIONS)
    const setting = attempt(() => reader.read(each), findings)
    if (setting === FAILED) continue
    options.push(...describe(name, reader, each, setting, known[name], environment))
  }
  const settings = findings.length > 0 ? null : readAll(known, env, findings)
  return { settings, options, findings }
}

const FAILED = Symbol('failed')

function attempt<T>(read: () => T, findings: Finding[]): T | typeof FAILED {
  try {
    return read()
  } catch (error) {
    const found = findingOfError(error)
    if (found === null) throw error
    findings.push(found)
    return FAILED
  }
}

function withoutUnknown(given: GivenOptions, findings: Finding[]): GivenOptions {
  const known: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(given)) {
    if (Object.hasOwn(OPTIONS, name)) known[name] = value
    else attempt(() => openOptions(OPTIONS, { [name]: value }, { hints: HINTS }), findings)
  }
  return known
}

function readAll(known: GivenOptions, env: Variables, findings: Finding[]): InstanceSettings | null {
  const risks: Finding[] = []
  const logger = {
    info() {},
    error() {},
    debug() {},
    warn(fields: object, message: string) {
      const { option } = fields as { readonly option?: unknown }
      risks.push(finding('option-risk', typeof option === 'string' ? [option] : [], `${message}.`))
    }
  }
  // The logger of the application is not spoken to: it may write to standard output, where the report goes.
  const settings = attempt(() => readInstanceOptions({ ...known, logger }, { env, logger }), findings)
  if (settings === FAILED) return null
  findings.push(...risks)
  return settings
}

function describe(
  name: string,
  reader: Reader<unknown>,
  given: Given,
  setting: unknown,
  configured: unknown,
  environment: ReadEnvironment
): ResolvedOption[] {
  const { members, isSecret = false, variable } = reader
  if (members !== undefined) return describeMembers(name, members, setting, configured)
  const isFromVariable = given.isVariable === true && variable !== undefined
  const source = isFromVariable
    ? `${variable} (${environment.sourceOf(variable)})`
    : configured === undefined
      ? 'default'
      : 'config'
  return [{ name, source, value: isSecret ? maskSecret(setting) : show(name, setting) }]
}

function describeMembers(path: string, members: Readers, setting: unknown, configured: unknown): ResolvedOption[] {
  if (typeof setting !== 'object' || setting === null) return []
  const settings = setting as Readonly<Record<string, unknown>>
  const given = (configured ?? {}) as Readonly<Record<string, unknown>>
  return Object.keys(members).map((name) => ({
    name: `${path}.${name}`,
    source: given[name] === undefined ? 'default' : 'config',
    value: show(name, settings[name])
  }))
}

/** The prefix alone, which says the type of the instance. */
function maskSecret(setting: unknown): string {
  if (typeof setting !== 'string') return 'none'
  return /^(sk_test_|sk_live_|ak_)/.exec(setting)?.[0].concat('…') ?? 'given, without a prefix of Clerk'
}

/** Objects of the application, and key material, are not printed: they may hold anything. */
function show(name: string, setting: unknown): string {
  if (setting === null || setting === undefined || setting === '') return 'none'
  if (name === 'publishableKey') return showPublishableKey(String(setting))
  if (name === 'jwtKey' || name === 'keys')
    return Array.isArray(setting) && setting.length > 0 ? `${setting.length} key(s)` : 'none'
  if (name === 'issuer') return Array.isArray(setting) && setting.length === 0 ? 'not checked' : JSON.stringify(setting)
  if (typeof setting === 'function') return 'a function'
  if (typeof setting !== 'object') return typeof setting === 'string' ? setting : JSON.stringify(setting)
  if (name === 'reportOnly')
    return showList(Object.entries(setting).flatMap(([rule, isReported]) => (isReported ? [rule] : [])))
  return Array.isArray(setting) ? showList(setting) : 'an object'
}

function showList(values: readonly unknown[]): string {
  return values.length === 0 ? 'none' : values.map(String).join(', ')
}

function showPublishableKey(key: string): string {
  const parsed = parsePublishableKey(key)
  return parsed === null
    ? 'damaged'
    : `pk_${parsed.instanceType === 'production' ? 'live' : 'test'}_… (${parsed.frontendApi})`
}
