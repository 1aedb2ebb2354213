import { ChainCheck, type ChainReport } from './chain-check.js'

export interface LogFile {
  readonly name: string
  readonly lines: AsyncIterable<string> | Iterable<string>
}

/** Checks files of a chained log, oldest first, for the first record that is not as it was written. */
export async function verifyChain(files: Iterable<LogFile>, key: string | null = null): Promise<ChainReport> {
  const check = new ChainCheck(key)
  for (const { name, lines } of files) {
    let number = 0
    for await (const line of lines) {
      number++
      if (line !== '' && !check.read(line, { file: name, line: number })) return check.report()
    }
  }
  return check.finish()
}
