import { InputError } from './input-error.js'

/**
 * The words of the first simple command of a shell text, by the quoting rules of a POSIX shell and the `$'…'` of
 * bash, in which browsers copy requests. The rest of a pipeline or list is left out. Throws an `InputError` for whatever the
 * shell would put in: its value is not known here.
 */
export function readShellWords(text: string): readonly string[] {
  if (/\^"|\^\r?\n/.test(text)) {
    throw new InputError('The command is in the syntax of cmd.exe (^): copy it as cURL (bash).')
  }
  return new Reader(text.replaceAll('\r\n', '\n')).words()
}

/** A variable is named where its name is in capitals: `$` and a word may also be a part of a secret that was not quoted. */
function substitution(from: string): InputError {
  const [, name = null] = /^\$\{?([A-Z][A-Z0-9_]{0,39})(?![A-Za-z0-9])/.exec(from) ?? []
  const what = name === null ? 'something in there (a variable, $(…), a backtick)' : `the variable ${name} in there`
  return new InputError(`The shell would put ${what}: give the command with the values, or in the syntax of bash.`)
}

/** Ends a word. No other character does, as in bash: a word that began with one that ends it would never get on. */
const END_OF_WORD = /^[ \t\n|;&<>()]?$/

class Reader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  words(): readonly string[] {
    const words: string[] = []
    for (;;) {
      this.#skipBlanks(words.length === 0)
      const next = this.#peek()
      if (next === '#' || END_OF_WORD.test(next)) return words
      words.push(this.#word())
    }
  }

  #peek(ahead = 0): string {
    return this.#text[this.#at + ahead] ?? ''
  }

  #skipBlanks(skipsLines: boolean): void {
    for (;;) {
      if (/[ \t]/.test(this.#peek()) || (skipsLines && this.#peek() === '\n')) this.#at++
      else if (this.#peek() === '\\' && this.#peek(1) === '\n') this.#at += 2
      else return
    }
  }

  #word(): string {
    let word = ''
    for (;;) {
      const next = this.#peek()
      if (END_OF_WORD.test(next)) return word
      this.#at++
      if (next === "'") word += this.#until("'")
      else if (next === '"') word += this.#doubleQuoted()
      else if (next === '\\') word += this.#escaped()
      else if (next === '`') throw substitution(next)
      else if (next === '$') word += this.#dollar()
      else word += next
    }
  }

  #until(end: string): string {
    const found = this.#text.indexOf(end, this.#at)
    if (found === -1) throw unterminated()
    const quoted = this.#text.slice(this.#at, found)
    this.#at = found + 1
    return quoted
  }

  #escaped(): string {
    const next = this.#peek()
    this.#at++
    return next === '\n' ? '' : next
  }

  #dollar(): string {
    if (this.#peek() === "'") {
      this.#at++
      return this.#ansiQuoted()
    }
    if (this.#peek() === '"') {
      this.#at++
      return this.#doubleQuoted()
    }
    if (/[\w({@*#?!$-]/.test(this.#peek())) throw substitution(this.#text.slice(this.#at - 1, this.#at + 50))
    return '$'
  }

  #doubleQuoted(): string {
    let quoted = ''
    for (;;) {
      const next = this.#peek()
      this.#at++
      if (next === '') throw unterminated()
      if (next === '"') return quoted
      if (next === '`' || (next === '$' && /[\w({@*#?!$-]/.test(this.#peek()))) {
        throw substitution(this.#text.slice(this.#at - 1, this.#at + 50))
      }
      if (next === '\\' && /[$`"\\\n]/.test(this.#peek())) quoted += this.#escaped()
      else quoted += next
    }
  }

  #ansiQuoted(): string {
    let quoted = ''
    for (;;) {
      const next = this.#peek()
      this.#at++
      if (next === '') throw unterminated()
      if (next === "'") return quoted
      quoted += next === '\\' ? this.#ansiEscape() : next
    }
  }

  #ansiEscape(): string {
    const rest = this.#text.slice(this.#at, this.#at + 10)
    const [numeric = '', hex, short, long, octal] =
      /^(?:x([\da-f]{1,2})|u([\da-f]{1,4})|U([\da-f]{1,8})|([0-7]{1,3}))/i.exec(rest) ?? []
    if (numeric !== '') {
      this.#at += numeric.length
      const code = octal === undefined ? Number.parseInt(hex ?? short ?? long ?? '', 16) : Number.parseInt(octal, 8)
      if (code > 0x10ffff) throw new InputError("There is no character of that number in $'…'.")
      return String.fromCodePoint(code)
    }
    const letter = this.#peek()
    this.#at++
    const meant = ANSI_LETTERS[letter]
    // Any other escape stays as it is, backslash included.
    return meant ?? `\\${letter}`
  }
}

const ANSI_LETTERS: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  e: '\u001b',
  E: '\u001b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
  '?': '?'
}

function unterminated(): InputError {
  return new InputError('A quote is not closed: the command was cut off when it was copied.')
}
