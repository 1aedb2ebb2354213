import { UnknownOptionError } from '../errors.js'

/** What to do about a name that is not an option, by name. */
export type Hints = Readonly<Record<string, string>>

/** Longest list of names that an error spells out; a longer list is in the README. */
const MAX_LISTED = 16

/** The error of an option whose name is not known. `path` is the name with what it belongs to, as `jwks.maxkeys`. */
export function unknownOption(path: string, name: string, known: readonly string[], hints: Hints): Error {
  // An options object can hold a secret as a name, when it was put together the wrong way round.
  const isPrintable = Object.hasOwn(hints, name) || /^[A-Za-z][A-Za-z0-9]{0,63}$/.test(name)
  return new UnknownOptionError(isPrintable ? path : 'whose name is no option name', explain(name, known, hints))
}

function explain(name: string, known: readonly string[], hints: Hints): string {
  const hint = Object.hasOwn(hints, name) ? hints[name] : undefined
  if (hint !== undefined) return `: ${hint}`
  const near = findNearMiss(name, known)
  if (near !== null) return `: did you mean ${near}?`
  if (known.length <= MAX_LISTED) return `: remove it, the options are ${known.join(', ')}`
  return ': remove it, or look it up in the options table of the README'
}

/** The known name that a slip of the keyboard or of the letter case turns into `name`. */
export function findNearMiss(name: string, known: readonly string[]): string | null {
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

/** The Levenshtein distance, one row of its table at a time. */
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
