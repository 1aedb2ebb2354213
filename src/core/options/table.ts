import { checkRecord } from './checks.js'
import type { Environment, Given } from './given.js'
import { type Hints, unknownOption } from './unknown-option.js'

/** How one option is read. `Setting` is the type of the checked value, or of the default where the option is not given. */
export interface Reader<Setting> {
  /** Checks the value and returns the setting. Throws the coded error that names the option. */
  readonly read: (given: Given) => Setting
  /** Environment variable that is read when the option is `undefined`. `null` means "not given, and do not look there". */
  readonly variable?: string
  /** The setting is never printed, logged or serialised. */
  readonly isSecret?: boolean
  /** Options of a group, as `jwks.maxKeys` of `jwks`. */
  readonly members?: Readers
}

export type Readers = Readonly<Record<string, Reader<unknown>>>

/** A reader for options of type `Accepted`. */
export interface Option<Accepted, Setting> extends Reader<Setting> {
  /** For the compiler only, never set. It takes and returns `Accepted`, so that neither a wider nor a narrower type fits. */
  readonly accepts?: (value: Accepted) => Accepted
}

/**
 * The readers of an options interface. Written `{ … } satisfies OptionTable<Options>` it does not compile when an option
 * has no reader, a reader has no option, or the two differ in type: an option that is known is read.
 */
export type OptionTable<Options> = {
  readonly [Name in keyof Options]-?: Option<Exclude<Options[Name], undefined>, unknown>
}

export type SettingsOf<Table> = {
  readonly [Name in keyof Table]: Table[Name] extends Reader<infer Setting> ? Setting : never
}

type AcceptedOf<Table> = {
  readonly [Name in keyof Table]?: Table[Name] extends Option<infer Accepted, unknown> ? Accepted | undefined : never
}

export interface OptionsSource {
  /** What errors put before the names, as `createClusterBus` in `createClusterBus.name`. Default: nothing. */
  readonly path?: string
  /** Where the variables of the options are looked up. Default: none is set. */
  readonly env?: Environment
  readonly hints?: Hints
  /** Names in the same object that another reader takes, such as those of `fastify.register`. */
  readonly alsoKnown?: readonly string[]
}

/** Checks an options object by its table, fills in the defaults and freezes the result. */
export function readOptions<Table extends Readers>(
  table: Table,
  value: unknown,
  source: OptionsSource = {}
): SettingsOf<Table> {
  return readEach(table, openOptions(table, value, source))
}

/** Checks an object that is the value of an option, by a table of its own. */
export function readMembers<Table extends Readers>(table: Table, given: Given): SettingsOf<Table> {
  const { name } = given
  return readEach(table, openRecord(table, checkRecord(given), { path: name }))
}

/** Throws unless `value` is an object, or `undefined`, with known names only. Returns each option as it was given. */
export function openOptions<Table extends Readers>(
  table: Table,
  value: unknown,
  source: OptionsSource
): (name: keyof Table & string) => Given {
  const name = source.path === undefined ? 'The options' : `The options of ${source.path}`
  return openRecord(table, checkRecord({ name, value }), source)
}

function openRecord<Table extends Readers>(
  table: Table,
  record: Readonly<Record<string, unknown>> = {},
  { path = '', env = {}, hints = {}, alsoKnown = [] }: OptionsSource
): (name: keyof Table & string) => Given {
  for (const name of Object.keys(record)) {
    if (Object.hasOwn(table, name) || alsoKnown.includes(name)) continue
    throw unknownOption(join(path, name), name, Object.keys(table), hints)
  }
  return (name) => {
    const given = { name: join(path, name), value: record[name] }
    const variable = table[name]?.variable
    if (variable === undefined) return given
    if (given.value === null) return { name: given.name, value: undefined }
    if (given.value !== undefined) return given
    const text = env[variable]
    // Shells and containers unset a variable by making it empty.
    if (text === undefined || text === '') return given
    return { name: `${given.name} (from ${variable})`, value: text, isVariable: true }
  }
}

export function readEach<Table extends Readers>(
  table: Table,
  given: (name: keyof Table & string) => Given
): SettingsOf<Table> {
  const settings = Object.entries(table).map(([name, reader]) => [name, reader.read(given(name))])
  return Object.freeze(Object.fromEntries(settings))
}

/** An option with a reader of its own. */
export function option<Accepted, Setting>(
  read: (given: Given) => Setting,
  rest: Pick<Reader<unknown>, 'variable' | 'isSecret'> = {}
): Option<Accepted, Setting> {
  return { read, ...rest }
}

/** An option whose value is an object with a table of its own. `settle` completes what depends on several members. */
export function group<Table extends Readers, Setting = SettingsOf<Table>>(
  table: Table,
  settle?: (settings: SettingsOf<Table>, path: string) => Setting
): Option<AcceptedOf<Table>, Setting> {
  return {
    members: table,
    read(given) {
      const settings = readMembers(table, given)
      return settle === undefined ? (settings as Setting) : settle(settings, given.name)
    }
  }
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`
}
