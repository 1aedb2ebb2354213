import { createHash } from 'node:crypto'
import { OptionValueError } from '../errors.js'
import { type Option, option } from './table.js'

/**
 * The name of a table, with or without a schema. A name cannot be a parameter of a statement, so only plain names are
 * accepted, which need no quotes.
 */
export function tableName(settings: { readonly default: string }): Option<string, string> {
  return option<string, string>(({ name, value }) => assertTableName(name, value ?? settings.default, settings.default))
}

/** Throws `FST_CLERK_OPTION_VALUE` with the option's name and an example. */
export function assertTableName(name: string, table: unknown, example: string): string {
  if (typeof table === 'string' && /^[a-z_][a-z0-9_]{0,62}(\.[a-z_][a-z0-9_]{0,62})?$/.test(table)) return table
  throw new OptionValueError(name, `a plain lower-case name such as ${example} or app.${example}`)
}

/** PostgreSQL cuts longer names. */
const MAX_NAME_LENGTH = 63

/**
 * The name of an index of a table. The table's part is shortened where the whole is too long: names that PostgreSQL cuts can
 * be equal, and `if not exists` then leaves out the index.
 */
export function indexName(table: string, purpose: string): string {
  const name = `${table.replace('.', '_')}_${purpose}`
  if (name.length <= MAX_NAME_LENGTH) return name
  const end = `_${createHash('sha256').update(table).digest('hex').slice(0, 8)}_${purpose}`
  return name.slice(0, MAX_NAME_LENGTH - end.length) + end
}
