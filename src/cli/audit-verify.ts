import { readFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import type { ChainReport } from '../audit/chain-check.js'
import { type LogFile, verifyChain } from '../audit/verify.js'
import { printable } from './printable.js'

/** The outputs of the command; `process` has them. */
export interface CommandOutput {
  readonly stdout: { write(text: string): unknown; readonly isTTY?: boolean }
  readonly stderr: { write(text: string): unknown }
}

const AUDIT_USAGE = `Usage: fastify-clerk-auth audit verify [options] FILE...

Checks audit files written with the option chain, oldest first, and names the first broken record.

  --key-file PATH   the chain's key is in this file (a line break at its end is not part of it)
  --key-env NAME    the chain's key is in this environment variable
  --last HASH       the last record must have this hash: nothing is missing at the end; with several writers, once for
                    the newest record of each
  --json            print the report as JSON

Exit status: 0 intact, 1 broken, 2 could not be checked.
`

/** Runs the command `audit` with the arguments after that word. Resolves to the exit status. */
export async function runAuditCommand(
  args: readonly string[],
  output: CommandOutput = process,
  environment: Readonly<Record<string, string | undefined>> = process.env
): Promise<0 | 1 | 2> {
  const command = parseArguments(args)
  if (typeof command === 'string') {
    output.stderr.write(printable(`${command}\n\n${AUDIT_USAGE}`))
    return 2
  }
  if (command.wantsHelp) {
    output.stdout.write(AUDIT_USAGE)
    return 0
  }
  try {
    const report = checkLast(await verifyChain(command.files.map(readLog), readKey(command, environment)), command.last)
    output.stdout.write(command.wantsJson ? `${printable(JSON.stringify(report))}\n` : describeReport(report))
    return report.isIntact ? 0 : 1
  } catch (error) {
    output.stderr.write(printable(`${error instanceof Error ? error.message : 'The files could not be read'}\n`))
    return 2
  }
}

interface Command {
  files: string[]
  keyFile: string | null
  keyVariable: string | null
  last: string[]
  wantsJson: boolean
  wantsHelp: boolean
}

function parseArguments(args: readonly string[]): Command | string {
  const command: Command = {
    files: [],
    keyFile: null,
    keyVariable: null,
    last: [],
    wantsJson: false,
    wantsHelp: false
  }
  const rest = [...args]
  const verb = rest.shift()
  if (verb === undefined || verb === '--help' || verb === '-h') return { ...command, wantsHelp: true }
  if (verb !== 'verify') return `Unknown command: audit ${verb}`
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (arg === '--json') command.wantsJson = true
    else if (arg === '--help' || arg === '-h') command.wantsHelp = true
    else if (arg === '--key-file' || arg === '--key-env' || arg === '--last') {
      const value = rest.shift()
      if (value === undefined) return `${arg} needs a value`
      if (arg === '--key-file') command.keyFile = value
      else if (arg === '--key-env') command.keyVariable = value
      else command.last.push(value)
    } else if (arg.startsWith('--')) return `Unknown option: ${arg}`
    else command.files.push(arg)
  }
  return command.files.length === 0 && !command.wantsHelp ? 'Which file?' : command
}

function readKey(command: Command, environment: Readonly<Record<string, string | undefined>>): string | null {
  if (command.keyFile !== null) return readFileSync(command.keyFile, 'utf8').replace(/\r?\n$/, '')
  if (command.keyVariable === null) return null
  const key = environment[command.keyVariable]
  if (key === undefined || key === '') throw new Error(`The environment variable ${command.keyVariable} is not set`)
  return key
}

function readLog(file: string): LogFile {
  return { name: file, lines: readLines(file) }
}

// Opens the file at the first read: the caller of `verifyChain` then catches the error, and one file is open at a time.
async function* readLines(file: string): AsyncGenerator<string> {
  const handle = await open(file)
  yield* handle.readLines()
}

function checkLast(report: ChainReport, expected: readonly string[]): ChainReport {
  if (expected.length === 0 || !report.isIntact) return report
  const isEnd = (hash: string) => report.writers.some((writer) => writer.hash === hash)
  if (report.lastHash !== null && expected.includes(report.lastHash) && expected.every(isEnd)) return report
  const problem = 'the last record is not the one expected: records are missing at the end, or were added'
  return { ...report, isIntact: false, broken: { file: '', line: 0, writer: null, seq: null, problem } }
}

function describeReport(report: ChainReport): string {
  const notices = report.notices.map((notice) => `note: ${notice}\n`).join('')
  if (report.broken === null) return printable(`${notices}${describeIntact(report)}`)
  const { file, line, writer, seq, problem } = report.broken
  const name = writer === null ? '' : ` (writer ${writer}, record ${seq})`
  const place = file === '' ? '' : `${file}:${line}${name}: `
  return printable(`${notices}broken: ${place}${problem}; ${report.records} other records are intact\n`)
}

function describeIntact({ records, lastHash, writers }: ChainReport): string {
  const summary = `intact: ${records} records, last hash ${lastHash}\n`
  if (writers.length < 2) return summary
  return `${summary}${writers.map(({ writer, seq, hash }) => `  writer ${writer}: record ${seq}, hash ${hash}\n`).join('')}`
}
