// What TypeScript makes of the package: each compiler, each way of resolving it, as ES module and as CommonJS.
import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { createConsumer } from './consumer-folder.js'

t.setTimeout(300_000)

const compilers = { '5.5': 'typescript-5.5', '5.9': 'typescript-5.9', '7.0': 'typescript-7.0' } as const

interface Way {
  readonly type: 'module' | 'commonjs'
  readonly module: string
  readonly moduleResolution: string
  /** Compilers that know it; TypeScript 7 has dropped node10. */
  readonly compilers: readonly (keyof typeof compilers)[]
}

const all = ['5.5', '5.9', '7.0'] as const
const ways: readonly Way[] = [
  { type: 'commonjs', module: 'commonjs', moduleResolution: 'node10', compilers: ['5.5', '5.9'] },
  { type: 'commonjs', module: 'node16', moduleResolution: 'node16', compilers: all },
  { type: 'module', module: 'node16', moduleResolution: 'node16', compilers: all },
  { type: 'commonjs', module: 'nodenext', moduleResolution: 'nodenext', compilers: all },
  { type: 'module', module: 'nodenext', moduleResolution: 'nodenext', compilers: all },
  { type: 'module', module: 'esnext', moduleResolution: 'bundler', compilers: all },
  { type: 'module', module: 'preserve', moduleResolution: 'bundler', compilers: all },
  { type: 'commonjs', module: 'commonjs', moduleResolution: 'bundler', compilers: ['7.0'] }
]

const consumer = createConsumer(
  t,
  'compilers',
  'test/package/consumer',
  // Of the lowest Node that is supported; newer ones cannot be read by the oldest compiler.
  '@types/node@^20',
  ...Object.entries(compilers).map(([version, name]) => `${name}@npm:typescript@~${version}.0`)
)

for (const [version, name] of Object.entries(compilers) as [keyof typeof compilers, string][]) {
  t.test(`TypeScript ${version}`, async (t) => {
    const projects = ways.filter((way) => way.compilers.includes(version)).map((way) => writeProject(version, way))
    // One process for all of them: a compiler takes longer to warm up than to compile this.
    const compiler = join('node_modules', name, 'lib/tsc.js')
    const { status, stdout, stderr } = consumer.run(
      process.execPath,
      compiler,
      '--build',
      '--pretty',
      'false',
      ...projects
    )
    t.equal(status, 0, stdout + stderr)
    for (const project of projects) {
      const answers = consumer.node(join(project, 'typed.js'))
      t.strictSame(
        answers,
        {
          body: '{"userId":"user_typed","same":true}',
          statusCode: 401,
          refusals: 1,
          actions: ['me.read', null]
        },
        project
      )
    }
  })
}

function writeProject(version: string, { type, module, moduleResolution }: Way): string {
  const project = [version, type, module, moduleResolution].join('-')
  const folder = join(consumer.folder, project)
  mkdirSync(folder)
  cpSync('test/package/consumer/typed.ts', join(folder, 'typed.ts'))
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type }))
  const compilerOptions = {
    target: 'es2022',
    module,
    moduleResolution,
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    types: ['node'],
    esModuleInterop: true
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['typed.ts'] }))
  return project
}
