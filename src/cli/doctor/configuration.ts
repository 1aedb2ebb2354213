import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { isRecord, parseJson } from '../../core/json.js'
import { importModule } from './import-module.js'
import { codeOf, InputError, nameOf } from './input-error.js'
import { assertRegularFile, readSmallFile } from './small-file.js'

export type GivenOptions = Readonly<Record<string, unknown>>

/** Names under which a module may export the options. */
const EXPORTS = ['options', 'clerkOptions', 'default']

/**
 * The options that a configuration file exports: a module, or a file of JSON. A module may export a function that returns
 * them. Throws an `InputError`, which never holds a text of the file.
 */
export async function readConfiguration(file: string, patienceMs = PATIENCE_MS): Promise<GivenOptions> {
  const options: unknown = file.endsWith('.json') ? readJson(file) : await within(patienceMs, readModule(file))
  if (!isRecord(options)) {
    throw new InputError(`The configuration exports no object: export the options as default, or as options.`)
  }
  if (options.resolver !== undefined) {
    throw new InputError('The configuration has a resolver, which names many instances: export the options of one.')
  }
  return options
}

/** Longest time that a configuration is waited for. */
const PATIENCE_MS = 30_000

async function within<T>(patienceMs: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<never>((_resolve, reject) => {
    const message = `The configuration has not settled within ${patienceMs / 1000} s: it waits for something.`
    // Without anything to wait for, Node ends the process before that.
    timer = setTimeout(() => reject(new InputError(message)), patienceMs).unref()
  })
  return Promise.race([promise, limit]).finally(() => clearTimeout(timer))
}

function named(file: string) {
  return { file, what: 'The configuration', option: '--config' }
}

function readJson(file: string): unknown {
  const json = parseJson(readSmallFile(named(file)))
  if (json === undefined) throw new InputError('The configuration file is not JSON.')
  return json
}

/** The options of a module. Whatever it throws is told by name and code alone. */
async function readModule(file: string): Promise<unknown> {
  assertRegularFile(named(file))
  try {
    const module = await importModule(pathToFileURL(resolve(file)).href)
    // Before anything is awaited: a server is a promise of itself, too.
    if ([module, ...Object.values(module)].some(isServer)) throw new InputError(A_SERVER)
    const exported = await exportOf(module)
    if (typeof exported !== 'function') return exported
    const made: unknown = await withoutWaiting((exported as () => unknown)())
    if (isServer(made)) throw new InputError(A_SERVER)
    return made
  } catch (error) {
    throw error instanceof InputError ? error : unreadable(error)
  }
}

const A_SERVER =
  'The configuration exports a Fastify server: name that file by --app, and export the options from a module of their own.'

/** A server that a function gives is not started, as waiting for it would. */
async function withoutWaiting(made: unknown): Promise<unknown> {
  if (isServer(made)) throw new InputError(A_SERVER)
  return made
}

function isServer(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const server = value as Readonly<Record<string, unknown>>
  return ['ready', 'printRoutes', 'hasDecorator'].every((name) => typeof server[name] === 'function')
}

async function exportOf(module: Readonly<Record<string, unknown>>): Promise<unknown> {
  const standard = await module.default
  if (standard === undefined) return memberOf(module)
  // The exports of a CommonJS module are its default export.
  return isRecord(standard) ? (memberOf(standard) ?? memberOf(module) ?? standard) : standard
}

function memberOf(exported: Readonly<Record<string, unknown>>): unknown {
  return EXPORTS.map((name) => exported[name]).find(
    (value) => value !== undefined && value !== exported && !(value instanceof Promise)
  )
}

/** By its name and code alone: the text may quote a line of the file. */
function unreadable(error: unknown): InputError {
  const code = codeOf(error)
  const hint =
    code === 'ERR_UNKNOWN_FILE_EXTENSION' ? ' Compile TypeScript first, or run Node with a loader for it.' : ''
  return new InputError(`The configuration cannot be loaded (${code ?? nameOf(error)}): check --config.${hint}`)
}
