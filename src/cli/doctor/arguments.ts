import { parseArgs } from 'node:util'
import { InputError } from './input-error.js'

export const DOCTOR_USAGE = `Usage: fastify-clerk-auth doctor [options]
       fastify-clerk-auth doctor token - [options]
       fastify-clerk-auth doctor request [--curl | --raw] - [options]

Without a word: says what is wrong with a set-up, before the first request. It reads what the application would read, asks
both key endpoints of Clerk for their public keys, and compares.

token -     reads a token from standard input, never from an argument, and says what each check would answer. The token
            is sent nowhere.
request -   reads a curl command, or the text of a request, from standard input, and says which state it is in and why.
            The request is not made.

  --env-file FILE  variables of this file too, as node --env-file; may be given several times
  --config FILE    the options: a module whose default export, or export named options, has them; or a JSON file
  --app FILE       a module that exports the Fastify server, or a function that makes it: looks at its routes
  --offline        asks nobody for keys
  --strict         warnings count as problems
  --json           prints the report as JSON
  --version        the version of this package
  --help           this text

Exit status: 0 nothing is wrong (the token or the request is accepted), 1 something is, 2 it could not be examined.
`

export type DoctorSubject = 'check' | 'token' | 'request'

export interface DoctorArguments {
  readonly subject: DoctorSubject
  readonly envFiles: readonly string[]
  readonly configFile: string | null
  readonly appFile: string | null
  /** How the text of a request is to be read. */
  readonly form: 'curl' | 'raw' | null
  readonly isOffline: boolean
  readonly isStrict: boolean
  readonly wantsJson: boolean
  readonly wantsHelp: boolean
  readonly wantsVersion: boolean
}

/** Whether the report is to be JSON, also where the arguments are not understood. */
export function asksForJson(args: readonly string[]): boolean {
  return args.includes('--json')
}

/** Throws an `InputError` that names no value: a token may have been given as an argument. */
export function parseDoctorArguments(args: readonly string[]): DoctorArguments {
  const { values, positionals } = parse(args)
  const [subject = 'check', ...rest] = positionals
  if (values.help !== true && values.version !== true) assertSubject(subject, rest)
  if (values.curl === true && values.raw === true) throw new InputError('Give --curl or --raw, not both.')
  const wantsForm = values.curl === true || values.raw === true
  if (wantsForm && subject !== 'request') throw new InputError('--curl and --raw belong to doctor request.')
  if (values.app !== undefined && subject !== 'check') throw new InputError('--app belongs to doctor without a word.')
  return {
    subject: subject as DoctorSubject,
    envFiles: values['env-file'] ?? [],
    configFile: values.config ?? null,
    appFile: values.app ?? null,
    form: values.curl === true ? 'curl' : values.raw === true ? 'raw' : null,
    isOffline: values.offline ?? false,
    isStrict: values.strict ?? false,
    wantsJson: values.json ?? false,
    wantsHelp: values.help ?? false,
    wantsVersion: values.version ?? false
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        'env-file': { type: 'string', multiple: true },
        config: { type: 'string' },
        app: { type: 'string' },
        curl: { type: 'boolean' },
        raw: { type: 'boolean' },
        offline: { type: 'boolean' },
        strict: { type: 'boolean' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
        version: { type: 'boolean' }
      }
    })
  } catch {
    throw new InputError('An option is unknown, or lacks its value. doctor --help lists the options.')
  }
}

function assertSubject(subject: string, rest: readonly string[]): void {
  if (subject === 'check') {
    if (rest.length > 0) throw new InputError('The word check takes no further word. doctor --help says how.')
    return
  }
  if (subject !== 'token' && subject !== 'request') {
    throw new InputError('The doctor knows the words token and request. doctor --help says how.')
  }
  if (rest.length === 1 && rest[0] === '-') return
  throw new InputError(
    `The ${subject} is read from standard input alone, as a shell keeps its arguments: doctor ${subject} - < FILE`
  )
}
