import { fork } from 'node:child_process'
import { isRecord } from '../../core/json.js'
import { APP_FACTS, type AppFacts } from './app-facts.js'
import type { Variables } from './environment.js'
import { type Finding, finding } from './finding.js'
import { InputError } from './input-error.js'
import { assertRegularFile } from './small-file.js'

/** A word of the command that only a process with a channel to its parent takes. */
export const APP_PROCESS = 'doctor-app'

/** Longest start of an application that is waited for. */
const PATIENCE_MS = 30_000

export interface AppExamination {
  readonly findings: readonly Finding[]
  /** The application has started, with the plugin. */
  readonly runs: boolean
}

/**
 * Starts the application in a process of its own, which may log, listen and crash as it likes, and looks at its routes.
 * `entry`: the file of the command.
 */
export async function examineApp(
  file: string,
  env: Variables,
  entry: string,
  patienceMs = PATIENCE_MS
): Promise<AppExamination> {
  assertRegularFile({ file, what: 'The file of the application', option: '--app' })
  const facts = await askProcess(file, env, entry, patienceMs)
  if (facts.kind === 'not-a-server') {
    throw new InputError(
      'The module exports no Fastify server: export it as default, a function that makes it, or a plugin.'
    )
  }
  if (facts.kind === 'failed') return { findings: [findingOfFailure(facts)], runs: false }
  if (!facts.hasPlugin) return { findings: [finding('plugin-missing')], runs: false }
  const findings = [
    ...(facts.uncovered.length > 0 ? [finding('routes-uncovered', [], name(facts.uncovered))] : []),
    ...(facts.open.length > 0 ? [finding('routes-open', [], name(facts.open))] : [])
  ]
  return { findings, runs: true }
}

const IMPORT_MISSING =
  'A file or a package that it imports is not there: install the packages, build, and give imports their file endings.'

function findingOfFailure({ name, code, message }: AppFacts & { readonly kind: 'failed' }): Finding {
  if (code === 'ERR_UNKNOWN_FILE_EXTENSION') {
    throw new InputError(
      'Node cannot load the application: compile TypeScript first, or run Node with a loader for it.'
    )
  }
  if (code !== null && message !== null) {
    return { cause: code, severity: 'error', options: [], message: `${message}.`, cure: '' }
  }
  const hint = HINTS[code ?? name] ?? ''
  return finding('app-fails', [], `It ended with ${code ?? name}.${hint === '' ? '' : ` ${hint}`}`)
}

/** By the code or the name of the error. Texts of errors are not shown: they may hold anything. */
const HINTS: Readonly<Record<string, string>> = {
  ERR_MODULE_NOT_FOUND: IMPORT_MISSING,
  MODULE_NOT_FOUND: IMPORT_MISSING,
  ERR_UNSUPPORTED_DIR_IMPORT: 'It imports a folder, which ES modules cannot: name the file.',
  ERR_REQUIRE_ESM: 'It loads an ES module by require.',
  SyntaxError:
    'Node cannot read it, or a module that it imports: compile it first, or mind .mjs, .cjs and the type of package.json.',
  EADDRINUSE: 'It listens at a port that is taken: export the server, and listen elsewhere.',
  ECONNREFUSED: 'Something that it connects to is not there: start that first, such as its database.',
  ENOTFOUND: 'The name of something that it connects to is not known here.',
  FST_ERR_PLUGIN_TIMEOUT: 'A plugin has not finished loading: it waits for something, or does not call done.',
  FST_ERR_PLUGIN_VERSION_MISMATCH: 'A plugin is for another version of Fastify than the one it runs on.'
}

const MOST_NAMED = 10

function name(routes: readonly string[]): string {
  const more = routes.length - MOST_NAMED
  return `${routes.slice(0, MOST_NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}.`
}

function askProcess(file: string, env: Variables, entry: string, patienceMs: number): Promise<AppFacts> {
  // Its output is not read: it may hold anything.
  const child = fork(entry, [APP_PROCESS, file], { env, stdio: ['ignore', 'ignore', 'ignore', 'ipc'] })
  return new Promise((resolve) => {
    const end = (facts: AppFacts) => {
      clearTimeout(timer)
      child.kill('SIGKILL')
      resolve(facts)
    }
    const fail = (name: string) => end({ kind: 'failed', name, code: null, message: null })
    const timer = setTimeout(() => fail(`no answer within ${patienceMs / 1000} s`), patienceMs)
    child.on('message', (message) => {
      if (isRecord(message) && APP_FACTS in message) end(message[APP_FACTS] as AppFacts)
    })
    child.once('error', () => fail('a process that cannot be started'))
    child.once('exit', (status) => fail(`exit status ${status ?? 'unknown'} before the server was ready`))
  })
}
