import { OptionTypeError, UnknownOptionError } from '../errors.js'

/**
 * A value as it was given, with the name that errors call it by: `jwks.maxKeys`, or `secretKey (from CLERK_SECRET_KEY)`.
 * `undefined` is "not given". Values themselves never get into an error: any of them may be a misplaced secret.
 */
export interface Given {
  readonly name: string
  readonly value: unknown
}

export type Environment = Readonly<Record<string, string | undefined>>

/** The members of one options object, by name; `path` is `''` at the top. */
export interface Members {
  readonly path: string
  readonly record: Readonly<Record<string, unknown>>
}

/** Names the type of a value, never the value. */
export function describeType(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value)
  switch (typeof value) {
    case 'object':
      return 'an object'
    case 'undefined':
      return 'undefined'
    default:
      return `a ${typeof value}`
  }
}

/** Throws unless `value` is an object and every name in it is known. */
export function assertMembers(
  given: Given,
  known: readonly string[],
  hints: Readonly<Record<string, string>> = {}
): Members {
  const { name: path, value } = given
  if (value === undefined) return { path, record: {} }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new OptionTypeError(path === '' ? 'The options' : path, 'an object', describeType(value))
  }
  const record = value as Readonly<Record<string, unknown>>
  for (const name of Object.keys(record)) {
    if (known.includes(name)) continue
    throw new UnknownOptionError(printableName(join(path, name)), explainUnknown(name, known, hints))
  }
  return { path, record }
}

export function member(members: Members, name: string): Given {
  return { name: join(members.path, name), value: members.record[name] }
}

/** The option, else its variable. An empty variable counts as unset, which is how shells and containers unset them. */
export function memberOrVariable(members: Members, name: string, environment: Environment, variable: string): Given {
  const given = member(members, name)
  if (given.value !== undefined) return given
  const text = environment[variable]
  return text === undefined || text === '' ? given : { name: `${given.name} (from ${variable})`, value: text }
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`
}

// Options objects are sometimes put together from secrets the wrong way round.
function printableName(name: string): string {
  return /^[A-Za-z][A-Za-z0-9.]{0,63}$/.test(name) ? name : 'whose name is no option name'
}

function explainUnknown(name: string, known: readonly string[], hints: Readonly<Record<string, string>>): string {
  const hint = Object.hasOwn(hints, name) ? hints[name] : undefined
  if (hint !== undefined) return `: ${hint}`
  const near = findNearMiss(name, known)
  return near === null ? ': remove it, or look it up in the options table of the README' : `: did you mean ${near}?`
}

/** The known name that a slip of the keyboard or of the letter case turns into `name`. */
function findNearMiss(name: string, known: readonly string[]): string | null {
  if (name.length > 64) return null
  const wanted = simplify(name)
  let nearest: string | null = null
  let least = 3
  for (const candidate of known) {
    const distance = editDistance(wanted, simplify(candidate))
    if (distance < least && distance < candidate.length / 2) {
      least = distance
      nearest = candidate
    }
  }
  return nearest
}

function simplify(name: string): string {
  return name.toLowerCase().replaceAll(/[_-]/g, '')
}

/** Levenshtein's, one row at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1]
    for (let j = 0; j < b.length; j++) {
      const replaced = (row[j] ?? 0) + (a[i] === b[j] ? 0 : 1)
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
