// Packs the tarball and uses it as its users will. Run by `npm run test:package`, after a build; needs the registry.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import t from 'tap'

// Packing, installing and compiling take longer than tests do.
t.setTimeout(600_000)

const repository = resolve('.')
const bin = (name: string): string => join(repository, 'node_modules/.bin', name)
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'consumer-')))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))

interface Run {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

// NODE_OPTIONS would bring the test runner's loaders into the consumer.
const { NODE_OPTIONS: _, ...clean } = process.env
const run = (command: string, args: readonly string[], cwd = folder, env = {}): Run =>
  spawnSync(command, args, { cwd, encoding: 'utf8', env: { ...clean, ...env } })

const packed = run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], repository)
const [archive] = JSON.parse(packed.stdout) as [{ filename: string; size: number; files: { path: string }[] }]
const tarball = join(folder, archive.filename)
const fastify = JSON.parse(readFileSync('node_modules/fastify/package.json', 'utf8')).version
const nodeTypes = JSON.parse(readFileSync('node_modules/@types/node/package.json', 'utf8')).version

cpSync('test/package/consumer', folder, { recursive: true })
writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'consumer', private: true, type: 'module' }))
const installed = run('npm', [
  'install',
  '--prefer-offline',
  '--no-audit',
  '--no-fund',
  tarball,
  `fastify@${fastify}`,
  `@types/node@${nodeTypes}`
])

t.test('the tarball holds the build, the licence and the manuals, nothing else', async (t) => {
  const stray = archive.files
    .map((file) => file.path)
    .filter(
      (path) =>
        !/^(dist\/|LICENSE$|package\.json$|[A-Z]+\.md$|(src|bench|test)\/.*README\.md$|bench\/results\/\w+\.svg$)/.test(
          path
        )
    )
  t.same(stray, [])
  for (const path of ['LICENSE', 'package.json', 'dist/index.js', 'dist/index.d.ts', 'dist/cli/index.js']) {
    t.ok(
      archive.files.some((file) => file.path === path),
      path
    )
  }
  t.ok(archive.size < 512 * 1024, `packed size ${archive.size} is below 512 KiB`)
})

t.test('it installs into an empty folder without optional peers', async (t) => {
  t.equal(installed.status, 0, installed.stderr)
})

t.test('an ES module uses it', async (t) => {
  const { stdout, stderr } = run(process.execPath, ['esm.mjs'])
  t.same(JSON.parse(stdout || JSON.stringify({ stderr })), {
    sameFunction: true,
    verifier: 'function',
    signedIn: [200, { fromRequest: 'user_esm', fromGetAuth: 'user_esm' }],
    signedOut: [401, 'string']
  })
})

t.test('CommonJS requires it, as Node >= 20.19 allows', async (t) => {
  const { stdout, stderr } = run(process.execPath, ['require.cjs'])
  t.same(JSON.parse(stdout || JSON.stringify({ stderr })), {
    sameFunction: true,
    signedIn: [200, { userId: 'user_cjs' }]
  })
})

t.test('every export loads', async (t) => {
  const { exports } = JSON.parse(readFileSync('package.json', 'utf8')) as { exports: Record<string, unknown> }
  for (const [path, entry] of Object.entries(exports)) {
    if (typeof entry === 'string') continue
    const name = `fastify-clerk-auth${path.slice(1)}`
    const { status, stderr } = run(process.execPath, ['--input-type=module', '-e', `await import('${name}')`])
    t.equal(status, 0, `${name} ${stderr}`)
  }
})

t.test('a strict TypeScript consumer compiles, our declarations checked too', async (t) => {
  const { status, stdout, stderr } = run(bin('tsc'), ['-p', 'tsconfig.json'])
  t.equal(status, 0, stdout + stderr)
})

t.test('the types refuse what they should', async (t) => {
  writeFileSync(
    join(folder, 'tsconfig.must-fail.json'),
    JSON.stringify({ extends: './tsconfig.json', files: ['must-fail.ts'] })
  )
  const { stdout } = run(bin('tsc'), ['-p', 'tsconfig.must-fail.json', '--pretty', 'false'])
  const expected = readFileSync(join(folder, 'must-fail.ts'), 'utf8')
    .split('\n')
    .flatMap((line, index) => {
      const code = /\/\/ (TS\d+)$/.exec(line)?.[1]
      return code === undefined ? [] : [`${index + 1} ${code}`]
    })
  const actual = [...stdout.matchAll(/^must-fail\.ts\((\d+),\d+\): error (TS\d+)/gm)].map(
    ([, line, code]) => `${line} ${code}`
  )
  t.same(actual, expected, stdout)
})

t.test('publint has nothing to say', async (t) => {
  const { status, stdout, stderr } = run(bin('publint'), ['run', '--strict', tarball], repository)
  t.equal(status, 0, stdout + stderr)
})

t.test('its types resolve wherever an ES module can be had', async (t) => {
  // esm-only leaves out `node10` (no exports map) and `node16` from CommonJS, where require() of a module is Node's to give.
  const { status, stdout, stderr } = run(bin('attw'), [tarball, '--profile', 'esm-only', '--no-emoji'], repository)
  t.equal(status, 0, stdout + stderr)
})
