import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { isRecord, parseJson } from '../../core/json.js'
import { importModule } from './import-module.js'
import { codeOf, InputError } from './input-error.js'

export type GivenOptions = Readonly<Record<string, unknown>>

/** Names under which a module may export the options. */
const EXPORTS = ['options', 'clerkOptions', 'default']

/**
 * The options that a configuration file exports: a module, or a file of JSON. A module may export a function that returns
 * them. Throws an `InputError`, which never holds a text of the file.
 */
export async function readConfiguration(file: string): Promise<GivenOptions> {
  const exported = file.endsWith('.json') ? readJson(file) : await readModule(file)
  const options: unknown = typeof exported === 'function' ? await call(exported as () => unknown) : exported
  if (!isRecord(options)) {
    throw new InputError(`The configuration exports no object: export the options as default, or as options.`)
  }
  if (options.resolver !== undefined) {
    throw new InputError('The configuration has a resolver, which names many instances: export the options of one.')
  }
  return options
}

function readJson(file: string): unknown {
  try {
    const json = parseJson(readFileSync(file, 'utf8'))
    if (json !== undefined) return json
  } catch (error) {
    throw unreadable(error)
  }
  throw new InputError('The configuration file is not JSON.')
}

async function readModule(file: string): Promise<unknown> {
  let module: Readonly<Record<string, unknown>>
  try {
    module = await importModule(pathToFileURL(resolve(file)).href)
  } catch (error) {
    throw unreadable(error)
  }
  const { default: standard = module } = module
  // The exports of a CommonJS module are its default export.
  return isRecord(standard) ? (memberOf(standard) ?? memberOf(module) ?? standard) : standard
}

function memberOf(exported: Readonly<Record<string, unknown>>): unknown {
  return EXPORTS.map((name) => exported[name]).find((value) => value !== undefined && value !== exported)
}

async function call(make: () => unknown): Promise<unknown> {
  try {
    return await make()
  } catch (error) {
    throw unreadable(error)
  }
}

/** By its name and code alone: the text may quote a line of the file. */
function unreadable(error: unknown): InputError {
  const name = error instanceof Error ? error.name : 'an exception'
  const code = codeOf(error)
  const hint =
    code === 'ERR_UNKNOWN_FILE_EXTENSION' ? ' Compile TypeScript first, or run Node with a loader for it.' : ''
  return new InputError(`The configuration cannot be loaded (${code ?? name}): check --config.${hint}`)
}
