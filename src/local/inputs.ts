import { OptionValueError } from '../core/errors.js'
import { checkItem, checkList, checkMoment, checkNumber } from '../core/options/checks.js'
import type { Given } from '../core/options/given.js'
import { type Option, option, type Readers, readOptions } from '../core/options/table.js'

/**
 * An argument of the local Clerk, checked by its table: with a slip in it a test would try another thing than it says.
 * `name` is that of its type. Members that are `undefined` are left out.
 */
export function readInput<T extends object>(table: Readers, name: string, input: T | undefined): T {
  readOptions(table, input, { path: name })
  return Object.fromEntries(Object.entries(input ?? {}).filter(([, value]) => value !== undefined)) as T
}

/** The same reader, for a value that may be null too. */
export function nullable<T>(reader: { read(given: Given): unknown }): Option<T | null, unknown> {
  return option((given) => (given.value === null ? null : reader.read(given)))
}

const OPAQUE = ['ak_', 'mt_', 'oat_']

/**
 * The text of a token, valid or not. An id or a whole header would be refused, whatever the test is about. Not by a regular
 * expression: its engine keeps the text.
 */
export function checkToken(token: string): string {
  const isToken = token.split('.').length === 3 || OPAQUE.some((prefix) => token.startsWith(prefix))
  if (isToken && !token.includes(' ')) return token
  throw new OptionValueError('token', 'a JWT or an opaque machine token; an id goes into { userId }')
}

export function moment(): Option<number, unknown> {
  return option(checkMoment)
}

/** 30 years either way: less than any moment since 2001, in seconds or in milliseconds. */
export function lifetimeInSeconds(): Option<number, unknown> {
  return option((given) => checkNumber(given, { min: -1e9, max: 1e9 }))
}

/** Names of features or plans: a colon or comma would be read as more than a name. */
export function nameList(): Option<readonly string[], unknown> {
  return listOfTexts(/^[^:,\s]+$/, 'a name without scope')
}

export function permissionList(): Option<readonly string[], unknown> {
  return listOfTexts(/^org:[^:,]+:[^,]+$/, 'org:<feature>:<permission>')
}

function listOfTexts(pattern: RegExp, what: string): Option<readonly string[], unknown> {
  return option((given) =>
    checkList(given, 'a list of strings', (item) => {
      if (!pattern.test(checkItem(item))) throw new OptionValueError(item.name, what)
      return item.value
    })
  )
}
