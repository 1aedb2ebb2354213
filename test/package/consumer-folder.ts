import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, delimiter, dirname, join, resolve } from 'node:path'
import type { Test } from 'tap'

// A folder as a user of the package has it: the tarball installed from the registry's packages, and nothing of the
// repository within reach.

export interface Run {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface PackedFile {
  readonly path: string
  readonly size: number
}

export interface Tarball {
  readonly path: string
  /** In bytes. */
  readonly size: number
  readonly unpackedSize: number
  readonly files: readonly PackedFile[]
}

export interface Workspace {
  readonly folder: string
  run(command: string, ...args: string[]): Run
  /** Runs a script of the folder and returns the JSON that it prints, or its output as it is if that is not JSON. */
  node(...args: string[]): unknown
  /** Throws when a package cannot be had. */
  install(...packages: string[]): void
}

export const repository = resolve('.')
export const bin = (name: string): string => join(repository, 'node_modules/.bin', name)

/** Version that is installed in the repository, so that consumers get the version that the tests know. */
export function installed(name: string): string {
  return `${name}@${JSON.parse(readFileSync(join(repository, 'node_modules', name, 'package.json'), 'utf8')).version}`
}

export const manifest = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as {
  readonly exports: Readonly<Record<string, unknown>>
  readonly peerDependencies: Readonly<Record<string, string>>
  readonly peerDependenciesMeta: Readonly<Record<string, unknown>>
}

/** `fastify-clerk-auth`, `fastify-clerk-auth/audit`, … */
export const entries: readonly string[] = Object.entries(manifest.exports)
  .filter(([, target]) => typeof target !== 'string')
  .map(([path]) => `fastify-clerk-auth${path.slice(1)}`)

export const optionalPeers: readonly string[] = Object.keys(manifest.peerDependenciesMeta)

/** Packs what the last build made. */
export function pack(folder: string): Tarball {
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder]
  const { stdout } = spawnSync('npm', args, { cwd: repository, encoding: 'utf8', env: cleanEnvironment(folder) })
  const [{ filename, size, unpackedSize, files }] = JSON.parse(stdout)
  return { path: join(folder, filename), size, unpackedSize, files }
}

/** An empty folder that goes with the test, outside the repository. Throws where a parent folder offers packages. */
export function createFolder(t: Test, name: string): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), `${name}-`)))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  assertAlone(folder)
  return folder
}

/** Where packages can be installed and programs run, with nothing else within reach. `files` is copied into it. */
export function createWorkspace(
  t: Test,
  name: string,
  files: string | null = null,
  strategy: 'hoisted' | 'nested' = 'hoisted'
): Workspace {
  const folder = createFolder(t, name)
  const env = cleanEnvironment(folder)
  if (files !== null) cpSync(files, folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name, private: true, type: 'module' }))

  const run = (command: string, ...args: string[]): Run =>
    spawnSync(command, args, { cwd: folder, encoding: 'utf8', env, maxBuffer: 64 * 1024 * 1024 })

  return {
    folder,
    run,
    install(...packages) {
      const flags = [`--install-strategy=${strategy}`, '--prefer-offline', '--no-audit', '--no-fund']
      const { status, stderr } = run('npm', 'install', ...flags, ...packages)
      if (status !== 0) throw new Error(`${packages.join(', ')} cannot be installed: ${stderr}`)
    },
    node(...args) {
      const { stdout, stderr } = run(process.execPath, ...args)
      try {
        return JSON.parse(stdout)
      } catch {
        return { stdout, stderr }
      }
    }
  }
}

/** A workspace of an application that has the tarball, Fastify and these packages. */
export function createConsumer(t: Test, name: string, files: string, ...packages: string[]): Workspace {
  // Nested: a package then finds its own dependencies only. Flat, this one would find pino, a dependency of Fastify.
  const consumer = createWorkspace(t, name, files, 'nested')
  consumer.install(pack(consumer.folder).path, installed('fastify'), ...packages)
  return consumer
}

// Node looks for packages in every folder above, in NODE_PATH and in the home folder. A package found there would hide
// that the tarball lacks it.
export function assertAlone(folder: string): void {
  if (folder.startsWith(`${repository}/`)) throw new Error(`${folder} is inside the repository: set TMPDIR elsewhere`)
  for (let parent = folder; parent !== dirname(parent); ) {
    parent = dirname(parent)
    const packages = join(parent, 'node_modules')
    if (existsSync(packages))
      throw new Error(`${packages} offers packages to ${folder}: remove it, or set TMPDIR elsewhere`)
  }
}

// NODE_OPTIONS would bring the test runner's loaders along. npm keeps its cache where it is.
export function cleanEnvironment(home: string): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _options, NODE_PATH: _path, HOME = '', PATH = '', ...env } = process.env
  // `npm run` puts the commands of the repository's packages on PATH, by which `migrate` looks for its parser.
  const commands = PATH.split(delimiter).filter((path) => basename(path) !== '.bin')
  return {
    ...env,
    PATH: commands.join(delimiter),
    HOME: home,
    npm_config_cache: env.npm_config_cache ?? join(HOME, '.npm'),
    npm_config_userconfig: env.npm_config_userconfig ?? join(HOME, '.npmrc')
  }
}
