import { parseArgs } from 'node:util'

export const help = `fastify-clerk-auth: starts the playground, an application and a local Clerk instance on this machine.

  --port <n>   port of the application (default: PORT, else 3000; 0 takes a free one)
  --frontend   Clerk's own sign-in, user button and organization switcher, from @clerk/clerk-js and @clerk/ui, which
               have to be installed in this directory
  --version    the version of this package
  --help       this text

Other commands, each with --help:

  audit verify FILE...   checks files of the audit log
  doctor                 says what is wrong with a set-up, a token (doctor token -) or a request (doctor request -)
  help NAME...           explains an error code, a reason or a cause
  migrate FILE...        moves an application from @clerk/fastify to this package
`

export interface PlaygroundArguments {
  /** The port to listen on. */
  readonly port: number
  readonly hasFrontend: boolean
}

/** How to start the playground, or null for `--help`. Throws for other arguments, with a message for the user. */
export function parseArguments(args: readonly string[], environment: NodeJS.ProcessEnv): PlaygroundArguments | null {
  const { values } = parseArgs({
    args: [...args],
    options: { port: { type: 'string' }, frontend: { type: 'boolean' }, help: { type: 'boolean' } }
  })
  if (values.help) return null
  const text = values.port ?? environment.PORT ?? '3000'
  const port = Number(text)
  if (text.trim() === '' || !Number.isInteger(port) || port < 0 || port > 65535) {
    throw new RangeError('The port must be a whole number from 0 to 65535.')
  }
  return { port, hasFrontend: values.frontend ?? false }
}
