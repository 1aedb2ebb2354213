import { closeSync, openSync, readSync, type Stats, statSync } from 'node:fs'
import { codeOf, InputError } from './input-error.js'

/** Larger than any file of settings. */
const MOST_BYTES = 1_000_000

/** A file that an argument names. `what`: the file in words, as the beginning of a sentence; `option`: the argument. */
export interface NamedFile {
  readonly file: string
  readonly what: string
  readonly option: string
}

/** Throws an `InputError`. A device or a pipe could keep the reader waiting for ever. */
export function assertRegularFile(named: NamedFile): void {
  if (!statsOf(named).isFile()) throw notRegular(named)
}

/** The text of a file, or of a pipe that the shell has opened (`<(command)`). Throws an `InputError`. */
export function readSmallFile(named: NamedFile): string {
  const { file, what, option } = named
  const stats = statsOf(named)
  if (!stats.isFile() && !(stats.isFIFO() && /^\/(dev|proc)\//.test(file))) throw notRegular(named)
  const bytes = attempt(named, () => readAtMost(file, MOST_BYTES + 1))
  if (bytes.length > MOST_BYTES) throw new InputError(`${what} is larger than 1 MB: check ${option}.`)
  const text = bytes.toString('utf8')
  if (text.includes('\0')) throw new InputError(`${what} is no text: check ${option}.`)
  return text
}

/** The size of a pipe is not known beforehand: it may be written to without end. */
function readAtMost(file: string, most: number): Buffer {
  const descriptor = openSync(file, 'r')
  try {
    const bytes = Buffer.alloc(most)
    let length = 0
    while (length < most) {
      const read = readSync(descriptor, bytes, length, most - length, null)
      if (read === 0) break
      length += read
    }
    return bytes.subarray(0, length)
  } finally {
    closeSync(descriptor)
  }
}

function statsOf(named: NamedFile): Stats {
  return attempt(named, () => statSync(named.file))
}

function attempt<T>({ what, option }: NamedFile, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw new InputError(`${what} cannot be read (${codeOf(error) ?? 'unknown error'}): check ${option}.`)
  }
}

function notRegular({ what, option }: NamedFile): InputError {
  return new InputError(`${what} is no regular file: check ${option}.`)
}
