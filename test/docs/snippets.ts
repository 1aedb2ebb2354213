import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import type { FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import { type Fence, manuals, root } from './manual.js'

/** Where snippets are written and compiled. */
export const folder = join(root, '.build/readme')

export const auditFile = join(folder, 'log/audit.ndjson')

export const snippets: readonly Fence[] = manuals
  .flatMap(({ fences }) => fences)
  .filter(({ language }) => language === 'ts')

export const has = (tag: string) => (fence: Fence) => fence.tags.includes(tag)

/** The one snippet to run that contains the text. */
export function containing(text: string): Fence {
  const found = snippets.filter((fence) => has('run')(fence) && !has('standalone')(fence) && fence.code.includes(text))
  if (found.length !== 1) throw new Error(`${found.length} snippets to run contain ${text}`)
  return found[0] as Fence
}

/** The snippet as a whole program: snippets use a `fastify` of the reader, which is made here. */
function program({ code }: Fence): string {
  if (code.includes("from 'fastify'")) return code
  const register = code.includes('register(clerkAuth') ? '' : 'await fastify.register(clerkAuth)'
  const before = ["import Fastify from 'fastify'", "import clerkAuth from 'fastify-clerk-auth'"]
  return [...before, 'const fastify = Fastify()', register, code].join('\n')
}

/** The environment without the variables by which the test runner follows child processes. */
export function plainEnvironment(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _, NODE_V8_COVERAGE: __, TAP: ___, ...environment } = process.env
  return environment
}

const COMPILER_OPTIONS = {
  noEmit: false,
  rootDir: '.',
  outDir: '.',
  declaration: false,
  noUnusedLocals: false,
  noUnusedParameters: false
}

/** Writes the snippets into a project of their own and compiles it. */
export function compile(
  name: string,
  files: readonly Fence[]
): { status: number | null; stdout: string; stderr: string } {
  const project = join(folder, name)
  mkdirSync(project, { recursive: true })
  const tsconfig = { extends: '../../../tsconfig.json', compilerOptions: COMPILER_OPTIONS, include: ['.'], exclude: [] }
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify(tsconfig))
  for (const fence of files) {
    const exported = has('run')(fence) && !has('standalone')(fence) ? '\nexport { fastify }\n' : ''
    const text = program(fence)
      .replace('port: 3000', 'port: 0')
      .replace('logger: true', 'logger: false')
      .replace('log/audit.ndjson', auditFile)
    writeFileSync(join(project, `${fence.name}.ts`), text + exported)
  }
  // Not bin/tsc: a file without an extension does not start under the test runner's loader.
  const compiler = join(root, 'node_modules/typescript/lib/tsc.js')
  return spawnSync(process.execPath, [compiler, '-p', project], {
    encoding: 'utf8',
    cwd: root,
    env: plainEnvironment()
  })
}

const loaded = new Set<string>()

/** Snippets to run that no test has loaded yet. */
export const notLoaded = (): string[] =>
  snippets
    .filter(has('run'))
    .flatMap(({ name, tags }) => (tags.includes('standalone') || loaded.has(name) ? [] : [name]))

/** Runs a compiled snippet and gives the server that it made, ready. */
export async function load(
  t: Test,
  { name }: Fence,
  addRoutes?: (fastify: FastifyInstance) => void
): Promise<FastifyInstance> {
  const { fastify } = await import(pathToFileURL(join(folder, 'main', `${name}.js`)).href)
  loaded.add(name)
  t.teardown(() => fastify.close())
  addRoutes?.(fastify)
  await fastify.ready()
  return fastify
}
