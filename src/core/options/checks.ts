import { OptionEmptyError, OptionRangeError, OptionTypeError, OptionValueError } from '../errors.js'
import { isRecord } from '../json.js'
import { describeType, type Given } from './given.js'

// Each check returns the value as it was given, or `undefined` when it was not, and throws a coded error that names the
// option otherwise. Nothing is coerced.

export function checkText(given: Given, what = 'a string'): string | undefined {
  const { name, value } = given
  if (value === undefined) return undefined
  if (typeof value !== 'string') throw new OptionTypeError(name, what, describeType(value))
  if (value === '') throw new OptionEmptyError(name, what)
  return value
}

/** A variable holds text, so `true` and `false` are read from it; an option has to be a boolean. */
export function checkBoolean({ name, value, isVariable = false }: Given): boolean | undefined {
  if (value === undefined || typeof value === 'boolean') return value
  if (!isVariable) throw new OptionTypeError(name, 'true or false', describeType(value))
  if (value !== 'true' && value !== 'false') throw new OptionValueError(name, 'true or false')
  return value === 'true'
}

export interface Bounds {
  readonly min: number
  readonly max: number
}

/** A whole number within bounds: durations in ms, counts and sizes in bytes. */
export function checkWholeNumber({ name, value }: Given, { min, max }: Bounds): number | undefined {
  if (value === undefined) return undefined
  if (typeof value !== 'number') throw new OptionTypeError(name, 'a whole number', describeType(value))
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new OptionRangeError(name, `a whole number from ${min} to ${max}`)
  }
  return value
}

/** A finite number within bounds; fractions are accepted. */
export function checkNumber({ name, value }: Given, { min, max }: Bounds): number | undefined {
  if (value === undefined) return undefined
  if (typeof value !== 'number') throw new OptionTypeError(name, 'a number', describeType(value))
  if (!(value >= min && value <= max)) throw new OptionRangeError(name, `a number from ${min} to ${max}`)
  return value
}

/**
 * A moment in ms since the epoch. From 1e9 to 5e9 it is one in seconds, of 2001 to 2128; in ms that were a day of January or
 * February 1970. Before it is a clock that counts from 0, such as that of a test.
 */
export function checkMoment(given: Given): number | undefined {
  const moment = checkNumber(given, { min: -1e9, max: 1e14 })
  if (moment === undefined || moment < 1e9 || moment >= 5e9) return moment
  throw new OptionRangeError(given.name, 'milliseconds, not seconds')
}

/** A clock, read once to see that it tells milliseconds. By one that gives a promise nothing would ever be expired. */
export function checkClock(given: Given): (() => number) | undefined {
  const clock = checkFunction<() => number>(given)
  if (clock !== undefined) checkMoment({ name: `${given.name}()`, value: clock() ?? null })
  return clock
}

export function checkFunction<F>({ name, value }: Given): F | undefined {
  if (value === undefined) return undefined
  if (typeof value !== 'function') throw new OptionTypeError(name, 'a function', describeType(value))
  return value as F
}

/** An object of the application's own that has these methods. It is kept as it is, neither copied nor frozen. */
export function checkMethods<T>({ name, value }: Given, methods: readonly string[]): T | undefined {
  if (value === undefined) return undefined
  const has = (method: string) => typeof (value as Record<string, unknown>)[method] === 'function'
  if (typeof value !== 'object' || value === null || !methods.every(has)) {
    throw new OptionTypeError(name, `an object with the methods ${methods.join(', ')}`, describeType(value))
  }
  return value as T
}

export function checkChoice<T extends string | false>({ name, value }: Given, choices: readonly T[]): T | undefined {
  if (value === undefined) return undefined
  const found = choices.find((choice) => choice === value)
  if (found !== undefined) return found
  throw new OptionValueError(name, choices.map((choice) => JSON.stringify(choice)).join(' or '))
}

/** An object with members, kept as it is. */
export function checkRecord<T = unknown>({ name, value }: Given): Readonly<Record<string, T>> | undefined {
  if (value === undefined) return undefined
  if (isRecord(value)) return value as Readonly<Record<string, T>>
  throw new OptionTypeError(name, 'an object', describeType(value))
}

/** An object with members of any name, each of which `checkMember` accepts; copied and frozen. */
export function checkMembers<T>(
  given: Given,
  checkMember: (member: Given) => unknown
): Readonly<Record<string, T>> | undefined {
  const record = checkRecord<T>(given)
  if (record === undefined) return undefined
  for (const [name, value] of Object.entries(record)) {
    checkMember({ name: `${given.name}.${/^[\w.*]{1,64}$/.test(name) ? name : '…'}`, value })
  }
  return Object.freeze({ ...record })
}

/** A list, copied and frozen, of what `checkItem` returns for its items. A hole is an item that is `undefined`. */
export function checkList<T>(
  { name, value }: Given,
  what: string,
  checkItem: (item: Given) => T
): readonly T[] | undefined {
  if (value === undefined) return undefined
  if (!Array.isArray(value)) throw new OptionTypeError(name, what, describeType(value))
  return Object.freeze(
    Array.from(value, (item: unknown, index) => checkItem({ name: `${name}[${index}]`, value: item }))
  )
}

/** A list of non-empty texts. An empty list is refused: it looks like "nothing is allowed" and would mean "not checked". */
export function checkTextList(given: Given, what = 'a list of strings'): readonly string[] | undefined {
  const texts = checkList(given, what, checkItem)
  if (texts?.length === 0) throw new OptionEmptyError(given.name, what)
  return texts
}

/** One text or a list of them. */
export function checkTexts(given: Given): readonly string[] | undefined {
  if (typeof given.value !== 'string') return checkTextList(given, 'a string or a list of strings')
  return Object.freeze([checkItem(given)])
}

/** A text that has to be given, as an item of a list. */
export function checkItem(given: Given): string {
  const text = checkText(given)
  if (text === undefined) throw new OptionTypeError(given.name, 'a string', 'undefined')
  return text
}
