import { OptionTypeError } from '../errors.js'
import type { Logger } from '../logger.js'
import {
  type Bounds,
  checkBoolean,
  checkChoice,
  checkFunction,
  checkMethods,
  checkNumber,
  checkText,
  checkTextList,
  checkTexts,
  checkWholeNumber
} from './checks.js'
import type { Option } from './table.js'

// Options of the common types, with their default. `default: null` is for a setting that is null, or settled later, when
// the option is not given.

export function text<Default extends string | null>(settings: {
  readonly default: Default
  /** What errors ask for. Default: a string. */
  readonly what?: string
}): Option<string, string | Default> {
  return { read: (given) => checkText(given, settings.what) ?? settings.default }
}

export function wholeNumber<Default extends number | null>(
  settings: Bounds & { readonly default: Default }
): Option<number, number | Default> {
  return { read: (given) => checkWholeNumber(given, settings) ?? settings.default }
}

export function number(settings: Bounds & { readonly default: number }): Option<number, number> {
  return { read: (given) => checkNumber(given, settings) ?? settings.default }
}

export function boolean(settings: { readonly default: boolean; readonly variable?: string }): Option<boolean, boolean> {
  const { variable } = settings
  return { read: (given) => checkBoolean(given) ?? settings.default, ...(variable !== undefined && { variable }) }
}

export function choice<const T extends string | false>(
  choices: readonly T[],
  settings: { readonly default: NoInfer<T> }
): Option<T, T> {
  return { read: (given) => checkChoice(given, choices) ?? settings.default }
}

export function textList(): Option<readonly string[], readonly string[]> {
  return { read: (given) => checkTextList(given) ?? Object.freeze([]) }
}

export function texts(): Option<string | readonly string[], readonly string[]> {
  return { read: (given) => checkTexts(given) ?? Object.freeze([]) }
}

/** A function; without a default it has to be given. */
export function callback<F>(settings: { readonly default?: F } = {}): Option<F, F> {
  return {
    read(given) {
      const value = checkFunction<F>(given) ?? settings.default
      if (value === undefined) throw new OptionTypeError(given.name, 'a function', 'undefined')
      return value
    }
  }
}

/** An object of the application's own with these methods. */
export function methods<T>(names: readonly (keyof T & string)[]): Option<T, T | null> {
  return { read: (given) => checkMethods<T>(given, names) ?? null }
}

export const now: Option<() => number, () => number> = callback({ default: Date.now })

/** `null`: the caller's own logger takes its place. */
export const logger: Option<Logger, Logger | null> = methods<Logger>(['debug', 'info', 'warn', 'error'])
