import { closeSync, lstatSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { createTwoFilesPatch } from 'diff'
import type { CommandOutput } from '../audit-verify.js'
import { printable } from '../printable.js'
import { type Migration, migrateText } from './migrate.js'
import { loadParser, type Parse } from './syntax.js'

const MIGRATE_USAGE = `Usage: fastify-clerk-auth migrate [--write] FILE...

Moves an application from @clerk/fastify to this package: imports, the registration of the plugin, and clients of Clerk's
Backend API. Prints the changes as a diff; a file in which something is not understood is named with the line, and left
as it is. JavaScript and TypeScript, import and require.

  --write   write the files

It needs the package @babel/parser:
  npx -p fastify-clerk-auth -p @babel/parser fastify-clerk-auth migrate $(git grep -l clerk -- '*.[cm][jt]s' '*.[jt]s' '*.[jt]sx')

Exit status: 0, 1 if a file was left as it is though it should change, 2 if nothing could be done.
`

/** Runs the command `migrate` with the arguments after that word. Resolves to the exit status. */
export async function runMigrateCommand(
  args: readonly string[],
  output: CommandOutput = process,
  load: () => Promise<Parse> = loadParser
): Promise<0 | 1 | 2> {
  const wantsWrite = args.includes('--write')
  const files = args.filter((arg) => arg !== '--write' && !/(^|[\\/])node_modules[\\/]/.test(arg))
  if (files.includes('--help') || files.includes('-h')) {
    output.stdout.write(MIGRATE_USAGE)
    return 0
  }
  const unknown = files.find((file) => file.startsWith('-'))
  if (unknown !== undefined || files.length === 0) {
    const problem = unknown === undefined ? 'Which file?' : `Unknown option: ${unknown}`
    output.stderr.write(printable(`${problem}\n\n${MIGRATE_USAGE}`))
    return 2
  }
  try {
    const parse = await load()
    // All are read and judged before one is written.
    const migrations = files.map((file) => migrateFile(parse, file))
    if (wantsWrite)
      for (const { file, migration } of migrations) if (migration.outcome === 'changed') assertWritable(file)
    for (const migration of migrations) report(migration, wantsWrite, output)
    return finish(migrations, wantsWrite, output)
  } catch (error) {
    output.stderr.write(printable(`${error instanceof Error ? error.message : 'The files could not be read'}\n`))
    return 2
  }
}

interface MigratedFile {
  readonly file: string
  readonly before: string
  readonly migration: Migration
}

function migrateFile(parse: Parse, file: string): MigratedFile {
  const before = readText(file)
  return { file, before, migration: migrateText(parse, before, file) }
}

function readText(file: string): string {
  assertOwnFile(file)
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(readFileSync(file))
  } catch (cause) {
    throw new Error(`${file} cannot be read as a text in UTF-8`, { cause })
  }
}

/** A pipe could be read for ever, and a link could lead to a file that is not of the application. */
function assertOwnFile(file: string): void {
  const stats = lstatSync(file, { throwIfNoEntry: false })
  if (stats?.isSymbolicLink() === true) throw new Error(`${file} is a symbolic link: name the file that it leads to`)
  if (stats !== undefined && !stats.isFile() && !stats.isDirectory()) throw new Error(`${file} is no regular file`)
}

/** A file that refuses to be written would leave the application half moved. */
function assertWritable(file: string): void {
  try {
    closeSync(openSync(file, 'r+'))
  } catch (cause) {
    throw new Error(`${file} cannot be written: no file was changed`, { cause })
  }
}

function report({ file, before, migration }: MigratedFile, wantsWrite: boolean, output: CommandOutput): void {
  const say = (line: number, message: string) => output.stderr.write(printable(`${file}:${line}: ${message}\n`))
  if (migration.outcome === 'unchanged') return
  if (migration.outcome === 'refused') {
    for (const { line, message } of migration.refusals) say(line, `left as it is: ${message}`)
    return
  }
  if (wantsWrite) {
    writeFileSync(file, migration.text)
    output.stdout.write(printable(`changed ${file}\n`))
  } else {
    const diff = createTwoFilesPatch(file, file, before, migration.text, '', '')
    // In a file or a pipe the diff is as it applies.
    output.stdout.write(output.stdout.isTTY === true ? printable(diff) : diff)
  }
  for (const { line, message } of migration.notes) say(line, `look at this: ${message}`)
}

function finish(migrations: readonly MigratedFile[], wantsWrite: boolean, output: CommandOutput): 0 | 1 {
  const count = (outcome: Migration['outcome']) =>
    migrations.filter(({ migration }) => migration.outcome === outcome).length
  const [changed, refused] = [count('changed'), count('refused')]
  const verb = wantsWrite ? 'changed' : 'to change'
  output.stderr.write(`${changed} ${verb}, ${refused} left as they are, ${count('unchanged')} without need\n`)
  if (changed > 0) output.stderr.write(nextSteps(refused === 0))
  return refused > 0 ? 1 : 0
}

/** A file left as it is may import `@clerk/fastify` still, and would not start without it. */
function nextSteps(isMoved: boolean): string {
  const uninstall = 'npm uninstall @clerk/fastify'
  const install = 'npm install fastify-clerk-auth @clerk/backend'
  const packages = isMoved
    ? `${install} && ${uninstall}.`
    : `${install}. Once the files left are changed: ${uninstall}.`
  return `Then: ${packages} Behind a proxy, set trustProxy of Fastify.
Await the registration before routes are made, in other files too: the server does not start with routes made before it.
acceptsToken "any" is what @clerk/fastify does: name the types that your routes want, and drop the rest.
`
}
