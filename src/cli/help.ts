import { findEntries, names as namesOfPage } from '../help/find.js'
import type { Entry } from '../help/page.js'
import type { CommandOutput } from './audit-verify.js'
import { CAUSES } from './doctor/causes.js'
import { printable } from './printable.js'

const HELP_USAGE = `Usage: fastify-clerk-auth help NAME...

Explains an error code (FST_CLERK_…), a reason (jwk-kid-mismatch, token-expired, …), a line of the log by the end of its
help (audit-full, …) a cause of health() and the log (timeout, http-503, …), or a cause that
doctor prints (routes-open, …): what it means and the first thing to do about it. The same as a page: src/help/README.md.

  --list   print every name

Exit status: 0, or 2 if a name is not known.
`

/** Runs the command `help` with the arguments after that word. Returns the exit status. */
export function runHelpCommand(args: readonly string[], output: CommandOutput = process): 0 | 2 {
  if (args.length === 0 || args.includes('--help') || args.includes('-h')) {
    output.stdout.write(HELP_USAGE)
    return 0
  }
  if (args.includes('--list')) {
    output.stdout.write(`${names.join('\n')}\n`)
    return 0
  }
  const found = args.map((name) => ({ name, entries: find(name.trim()) }))
  const unknown = found.filter(({ entries }) => entries.length === 0)
  output.stdout.write(
    found
      .flatMap(({ entries }) => entries)
      .map(describe)
      .join('\n')
  )
  for (const { name } of unknown) output.stderr.write(printable(`Nothing is known of ${name}. ${HINT}\n`))
  return unknown.length === 0 ? 0 : 2
}

const names: readonly string[] = [...new Set([...namesOfPage, ...Object.keys(CAUSES)])]

/** Of a cause of the doctor itself, and else what the page has. */
function find(name: string): readonly Entry[] {
  const cause = Object.entries(CAUSES).find(([known]) => known === name.toLowerCase())
  if (cause === undefined) return findEntries(name.replace(/^fetch-/, 'fetch: '))
  const [known, { severity, message, cure }] = cause
  const ofDoctor = { name: known, message: `doctor, ${severity}`, help: { cause: message, cure } }
  // A cause may begin with the word of a failed fetch, as redirect-loop does.
  return [ofDoctor, ...findEntries(name).filter((entry) => entry.name.endsWith(known))]
}

const HINT = 'All names: fastify-clerk-auth help --list'

function describe({ name, message, help }: Entry): string {
  const see = help.see === undefined ? '' : `  See:   src/${help.see}\n`
  return `${name}\n${message === null ? '' : `  ${message}\n`}  Cause: ${plain(help.cause)}\n  Cure:  ${plain(help.cure)}\n${see}`
}

/** Without links, which a terminal cannot follow, and without the marks of code. */
function plain(markdown: string): string {
  return markdown.replace(/\[([^\]]+)\]\([^)]*\)/g, '$1').replaceAll('`', '')
}
