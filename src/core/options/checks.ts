import { OptionEmptyError, OptionRangeError, OptionTypeError, OptionValueError } from '../errors.js'
import type { Logger } from '../logger.js'
import { describeType, type Given } from './given.js'

// Each check throws a coded error that names the option, or returns the value as it was given: nothing is coerced.

/** A text, `undefined` when not given. */
export function checkText(given: Given, what = 'a string'): string | undefined {
  const { name, value } = given
  if (value === undefined) return undefined
  if (typeof value !== 'string') throw new OptionTypeError(name, what, describeType(value))
  if (value === '') throw new OptionEmptyError(name, what)
  return value
}

/** A text or null, for options where null means "none, whatever the environment says". */
export function checkNullableText(given: Given, what?: string): string | null {
  return given.value === null ? null : (checkText(given, what) ?? null)
}

export function checkBoolean(given: Given, fallback: boolean): boolean {
  if (given.value === undefined) return fallback
  if (typeof given.value !== 'boolean')
    throw new OptionTypeError(given.name, 'true or false', describeType(given.value))
  return given.value
}

/** A variable holds text: `true` and `false` are the only two that mean something. */
export function checkBooleanVariable(given: Given, fallback: boolean): boolean {
  if (given.value === 'true') return true
  if (given.value === 'false') return false
  if (typeof given.value === 'string') throw new OptionValueError(given.name, 'true or false')
  return checkBoolean(given, fallback)
}

export interface Bounds {
  readonly min: number
  readonly max: number
  readonly fallback: number
}

/** A whole number within bounds: durations in ms, counts and bytes all are. */
export function checkInteger(given: Given, bounds: Bounds): number {
  const { name, value } = given
  if (value === undefined) return bounds.fallback
  if (typeof value !== 'number') throw new OptionTypeError(name, 'a number', describeType(value))
  if (!Number.isInteger(value) || value < bounds.min || value > bounds.max) {
    throw new OptionRangeError(name, `a whole number from ${bounds.min} to ${bounds.max}`)
  }
  return value
}

/** A finite number within bounds, fractions allowed. */
export function checkNumber(given: Given, bounds: Bounds): number {
  const { name, value } = given
  if (value === undefined) return bounds.fallback
  if (typeof value !== 'number') throw new OptionTypeError(name, 'a number', describeType(value))
  if (!(value >= bounds.min && value <= bounds.max)) {
    throw new OptionRangeError(name, `a number from ${bounds.min} to ${bounds.max}`)
  }
  return value
}

export function checkFunction<F>(given: Given, fallback: F): F {
  if (given.value === undefined) return fallback
  if (typeof given.value !== 'function') throw new OptionTypeError(given.name, 'a function', describeType(given.value))
  return given.value as F
}

/** An object of the application's own that has these methods. It is kept as it is, neither copied nor frozen. */
export function checkMethods<T>(given: Given, methods: readonly string[], fallback: T): T {
  const { name, value } = given
  if (value === undefined) return fallback
  const has = (method: string) => typeof (value as Record<string, unknown>)[method] === 'function'
  if (typeof value !== 'object' || value === null || !methods.every(has)) {
    throw new OptionTypeError(name, `an object with the methods ${methods.join(', ')}`, describeType(value))
  }
  return value as T
}

export function checkLogger(given: Given, fallback: Logger): Logger {
  return checkMethods(given, ['debug', 'info', 'warn', 'error'], fallback)
}

/** One of a few constants. */
export function checkChoice<T extends string | false>(given: Given, choices: readonly T[], fallback: T): T {
  if (given.value === undefined) return fallback
  const found = choices.find((choice) => choice === given.value)
  if (found === undefined)
    throw new OptionValueError(given.name, choices.map((choice) => JSON.stringify(choice)).join(' or '))
  return found
}

/** A list of non-empty texts. An empty list is refused: it reads like "nothing allowed" and would mean "not checked". */
export function checkTextList(given: Given, what = 'a list of strings'): readonly string[] | undefined {
  const { name, value } = given
  if (value === undefined) return undefined
  if (!Array.isArray(value)) throw new OptionTypeError(name, what, describeType(value))
  if (value.length === 0) throw new OptionEmptyError(name, what)
  // Array.from, so that a hole counts as undefined.
  return Object.freeze(
    Array.from(value, (item: unknown, index) => checkItem({ name: `${name}[${index}]`, value: item }))
  )
}

/** One text or a list of them. */
export function checkTexts(given: Given): readonly string[] | undefined {
  if (typeof given.value !== 'string') return checkTextList(given, 'a string or a list of strings')
  return Object.freeze([checkItem(given)])
}

function checkItem(given: Given): string {
  const text = checkText(given)
  if (text === undefined) throw new OptionTypeError(given.name, 'a string', 'undefined')
  return text
}
