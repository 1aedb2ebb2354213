import { OptionTypeError } from '../errors.js'
import type { Logger } from '../logger.js'
import { systemNow } from '../steady-clock.js'
import {
  type Bounds,
  checkBoolean,
  checkChoice,
  checkClock,
  checkFunction,
  checkItem,
  checkList,
  checkMethods,
  checkNumber,
  checkRecord,
  checkText,
  checkTexts,
  checkWholeNumber
} from './checks.js'
import { describeType } from './given.js'
import type { Option } from './table.js'

// Options of the common types, with their default. With `default: null` the setting is null when the option is not given.

export function text<Default extends string | null>(settings: {
  readonly default: Default
  /** What errors ask for. Default: a string. */
  readonly what?: string
}): Option<string, string | Default> {
  return { read: (given) => checkText(given, settings.what) ?? settings.default }
}

/** A text that has to be given. */
export function requiredText(what = 'a string'): Option<string, string> {
  return required(text({ default: null, what }), what)
}

export function wholeNumber<Default extends number | null>(
  settings: Bounds & { readonly default: Default }
): Option<number, number | Default> {
  return { read: (given) => checkWholeNumber(given, settings) ?? settings.default }
}

export function number(settings: Bounds & { readonly default: number }): Option<number, number> {
  return { read: (given) => checkNumber(given, settings) ?? settings.default }
}

export function boolean(settings: { readonly default: boolean }): Option<boolean, boolean> {
  return { read: (given) => checkBoolean(given) ?? settings.default }
}

export function choice<const T extends string | false>(
  choices: readonly T[],
  settings: { readonly default: NoInfer<T> }
): Option<T, T> {
  return { read: (given) => checkChoice(given, choices) ?? settings.default }
}

/** A list of texts that may be empty, where an empty list means the same as none. */
export function textList(): Option<readonly string[], readonly string[]> {
  return { read: (given) => checkList(given, 'a list of strings', checkItem) ?? Object.freeze([]) }
}

export function texts(): Option<string | readonly string[], readonly string[]> {
  return { read: (given) => checkTexts(given) ?? Object.freeze([]) }
}

export function callback<F, Default extends F | null = null>(settings: {
  readonly default: Default
}): Option<F, F | Default> {
  return { read: (given) => checkFunction<F>(given) ?? settings.default }
}

/** An object whose members another package reads. */
export function record<T>(): Option<Readonly<Record<string, T>>, Readonly<Record<string, T>> | null> {
  return { read: (given) => checkRecord<T>(given) ?? null }
}

/** An object of the application's own with these methods. */
export function methods<T>(names: readonly (keyof T & string)[]): Option<T, T | null> {
  return { read: (given) => checkMethods<T>(given, names) ?? null }
}

/** The same option, which has to be given. `what` is what errors ask for. */
export function required<Accepted, Setting>(
  optional: Option<Accepted, Setting | null>,
  what: string
): Option<Accepted, Setting> {
  return {
    ...optional,
    read(given) {
      const setting = optional.read(given)
      if (setting === null) throw new OptionTypeError(given.name, what, describeType(given.value))
      return setting
    }
  }
}

export const now: Option<() => number, () => number> = {
  // Looked up per call: a test may fake the clock after the server is built.
  read: (given) => checkClock(given) ?? systemNow
}

/** `null`: the caller's own logger takes its place. */
export const logger: Option<Logger, Logger | null> = methods<Logger>(['debug', 'info', 'warn', 'error'])
