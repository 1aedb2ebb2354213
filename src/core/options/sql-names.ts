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
