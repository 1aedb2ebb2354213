import { parseEnv } from 'node:util'
import { InputError } from './input-error.js'
import { readSmallFile } from './small-file.js'

export type Variables = Record<string, string | undefined>

export interface ReadEnvironment {
  /** Where the value of each variable of a file comes from: the name of that file, or `environment`. */
  sourceOf(variable: string): string
  /** Variables that a file gives another value than the environment, which counts. */
  readonly overridden: readonly string[]
}

/**
 * Adds the variables of environment files to `env`, by the rules of `node --env-file`: a variable that is set already keeps
 * its value, and of two files the later one counts.
 */
export function readEnvironment(env: Variables, files: readonly string[]): ReadEnvironment {
  const before = new Set(Object.keys(env).filter((name) => env[name] !== undefined))
  const sources = new Map<string, string>()
  const overridden = new Set<string>()
  for (const file of files) {
    for (const [name, value] of Object.entries(readFile(file))) {
      if (before.has(name)) {
        if (env[name] !== value) overridden.add(name)
        continue
      }
      env[name] = value
      sources.set(name, file)
    }
  }
  return { sourceOf: (variable) => sources.get(variable) ?? 'environment', overridden: [...overridden] }
}

function readFile(file: string): Variables {
  const text = readSmallFile({ file, what: 'The environment file', option: '--env-file' })
  // As in YAML. Node passes over such a line without a word.
  if (/^[ \t]*(?:export[ \t]+)?\w*CLERK\w*[ \t]*:[ \t]*[^ \t=]/m.test(text)) {
    throw new InputError('A line of the environment file sets a variable with a colon, which sets nothing: NAME=value.')
  }
  return parseEnv(text)
}
