#!/usr/bin/env node
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { VERSION } from '../core/version.js'
import { help, type PlaygroundArguments, parseArguments } from './arguments.js'
import { renderGreeting } from './playground/greeting.js'
import { startPlayground } from './playground/playground.js'

/** Each is loaded when it is called for. Returns the exit code. */
const COMMANDS: Readonly<Record<string, (args: readonly string[]) => Promise<number>>> = {
  audit: async (args) => (await import('./audit-verify.js')).runAuditCommand(args),
  doctor: async (args) => (await import('./doctor/process.js')).runDoctorProcess(args),
  // The process that `doctor --app` starts: it answers its parent, and nobody without one.
  'doctor-app': async ([file = '']) => {
    if (process.send !== undefined) await (await import('./doctor/app-process.js')).examineAppHere(file)
    return 2
  },
  help: async (args) => (await import('./help.js')).runHelpCommand(args),
  migrate: async (args) => (await import('./migrate/command.js')).runMigrateCommand(args)
}

/** Starts the playground, or runs a command. Returns the exit code, or null while it runs. */
async function main(): Promise<number | null> {
  const [word = '', ...rest] = process.argv.slice(2)
  const command = Object.hasOwn(COMMANDS, word) ? COMMANDS[word] : undefined
  if (command !== undefined) return command(rest)
  if (word === '--version') {
    process.stdout.write(`${VERSION}\n`)
    return 0
  }
  let args: PlaygroundArguments | null
  try {
    args = parseArguments(process.argv.slice(2), process.env)
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n\n${help}`)
    return 2
  }
  if (args === null) {
    process.stdout.write(help)
    return 0
  }
  const { port, hasFrontend } = args
  const missing = hasFrontend ? FRONTEND.filter((name) => !isInstalledHere(name)) : []
  if (missing.length > 0) {
    process.stderr.write(`--frontend needs ${missing.join(' and ')}: npm install --save-dev ${missing.join(' ')}\n`)
    return 2
  }

  try {
    const playground = await startPlayground({
      port,
      hasFrontend,
      isLogged: true,
      pageFolder: new URL('playground/page/', import.meta.url)
    })
    process.stdout.write(renderGreeting(playground.url, playground.clerk.origin ?? ''))
    const stop = () => {
      playground.close().finally(() => process.exit(0))
    }
    process.once('SIGINT', stop).once('SIGTERM', stop)
    return null
  } catch (error) {
    const isTaken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
    process.stderr.write(
      isTaken ? `Port ${port} is taken. A free one: npx fastify-clerk-auth --port 0\n` : `${messageOf(error)}\n`
    )
    return 1
  }
}

const FRONTEND = ['@clerk/clerk-js', '@clerk/ui']

function isInstalledHere(name: string): boolean {
  try {
    createRequire(join(process.cwd(), 'package.json')).resolve(name)
    return true
  } catch {
    return false
  }
}

/** With the code if there is one of the package, which `help` explains. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { code } = error as { readonly code?: unknown }
  return typeof code === 'string' && code.startsWith('FST_CLERK_') ? `${code}: ${error.message}` : error.message
}

// A reader that has gone away, as `head` does, drops the rest of the output, and the exit status stays that of the command.
// Output that is lost otherwise, as on a full disk, is not taken for printed.
const complain: typeof process.stderr.write = process.stderr.write.bind(process.stderr)
process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
  if (code === 'EPIPE') return
  complain(`The output cannot be written (${code}).\n`)
  process.once('exit', () => {
    process.exitCode = 2
  })
})
// Nothing is left to say it by.
process.stderr.on('error', () => {})

main().then((exitCode) => {
  if (exitCode !== null) process.exitCode = exitCode
})
