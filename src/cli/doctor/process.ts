import { MOST_INPUT, reportFailure, runDoctorCommand, TOO_LONG } from './command.js'
import { InputError } from './input-error.js'
import type { DoctorIo } from './io.js'

/**
 * Runs the doctor in the process of the command, and ends it. A configuration is code: what it prints by `console` or the
 * streams of `process` is not shown, as it may hold a secret and would stand in the midst of the report. What it writes to
 * the descriptors themselves, or lets a worker or a child process write, is shown. Its way of ending the process does not
 * pass for a verdict.
 */
export async function runDoctorProcess(args: readonly string[]): Promise<never> {
  // Its report has what the package warns of.
  process.removeAllListeners('warning')
  const [stdout, stderr] = [takeOver(process.stdout), takeOver(process.stderr)]
  const io: DoctorIo = {
    stdout,
    stderr,
    env: process.env,
    entry: process.argv[1] ?? '',
    readStdin: () => readStdin(stderr)
  }
  // A client without a listener for its errors would end the process: the report says that its server is away.
  process.on('uncaughtException', () => {})
  let hasReported = false
  process.once('beforeExit', () => fail(NEVER))
  process.once('exit', () => fail(ENDED))
  const exitCode = await runDoctorCommand(args, io)
  hasReported = true
  // Once all is written, or has failed: what a configuration has opened would keep the process alive.
  return new Promise(() => stdout.write('', () => setImmediate(() => process.exit(exitCode))))

  function fail(message: string): void {
    if (hasReported) return
    hasReported = true
    reportFailure(args, message, io)
    process.exitCode = 2
  }
}

const NEVER = 'The doctor waits for something that never comes: a configuration that does not settle.'
const ENDED = 'The configuration has ended the process: it should export options, and no more.'

type Write = (text: string, done?: () => void) => unknown

/** The way to write to a stream for the doctor alone: for others it takes everything, and shows nothing. */
function takeOver(stream: NodeJS.WriteStream): { readonly write: Write } {
  const write: Write = stream.write.bind(stream)
  const drop = (_chunk: unknown, ...rest: readonly unknown[]) => {
    const done = rest.at(-1)
    if (typeof done === 'function') process.nextTick(done)
    return true
  }
  stream.write = drop as typeof stream.write
  return { write }
}

async function readStdin(stderr: DoctorIo['stderr']): Promise<string> {
  if (process.stdin.isTTY) stderr.write('Paste it here, and end with Ctrl-D on a line of its own.\n')
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of process.stdin as AsyncIterable<Uint8Array>) {
    length += chunk.length
    if (length > MOST_INPUT) throw new InputError(TOO_LONG)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
