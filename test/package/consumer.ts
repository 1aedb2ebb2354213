// Packs the tarball and uses it as its users will.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { bin, createConsumer, createFolder, entries, installed, pack } from './consumer-folder.js'

t.setTimeout(300_000)

const tarball = pack(createFolder(t, 'tarball'))
const consumer = createConsumer(t, 'consumer', 'test/package/consumer', installed('@types/node'))

const published =
  /^(dist\/|LICENSE$|package\.json$|[A-Z]+\.md$|(src|bench|test)\/.*README\.md$|bench\/results\/compare\.svg$|src\/llms\.txt$|src\/metrics\/monitoring\/\w+\.(json|yaml)$)/

t.test('the tarball holds the build, the licence, the manuals, dashboard and alerts, nothing else', async (t) => {
  const paths = tarball.files.map(({ path }) => path)
  t.same(
    paths.filter((path) => !published.test(path)),
    []
  )
  for (const path of [
    'LICENSE',
    'package.json',
    'dist/index.cjs',
    'dist/jose.LICENSE',
    'dist/diff.LICENSE',
    'dist/cli/index.cjs'
  ]) {
    t.ok(paths.includes(path), path)
  }
})

t.test('the tarball stays small', async (t) => {
  // About a tenth above the present size: a change that adds more has to be looked at.
  t.ok(tarball.size < 510_000, `${tarball.size} bytes packed`)
  t.ok(tarball.unpackedSize < 1_830_000, `${tarball.unpackedSize} bytes unpacked`)
  const declarations = tarball.files.filter(({ path }) => /\.d\.c?ts$/.test(path))
  const bytes = declarations.reduce((sum, { size }) => sum + size, 0)
  t.ok(bytes < 250_000, `${bytes} bytes of declarations`)
  t.ok(declarations.length < 2 * entries.length + 4, `${declarations.length} files of declarations`)
})

t.test('an ES module uses it', async (t) => {
  t.same(consumer.node('esm.mjs'), {
    sameFunction: true,
    verifier: 'function',
    signedIn: [200, { fromRequest: 'user_esm', fromGetAuth: 'user_esm' }],
    signedOut: [401, 'string']
  })
})

t.test('CommonJS requires it', async (t) => {
  t.same(consumer.node('require.cjs'), {
    sameFunction: true,
    signedIn: [200, { userId: 'user_cjs' }]
  })
})

t.test('who imports and who requires it have one plugin: its state, its functions, its errors', async (t) => {
  t.same(consumer.node('both.cjs', ...entries), {
    body: 'user_both',
    again: 'FST_CLERK_ALREADY_REGISTERED',
    different: []
  })
})

t.test('a strict TypeScript consumer compiles, our declarations checked too', async (t) => {
  const { status, stdout, stderr } = consumer.run(bin('tsc'), '-p', 'tsconfig.json')
  t.equal(status, 0, stdout + stderr)
})

t.test('the types refuse what they should', async (t) => {
  writeFileSync(
    join(consumer.folder, 'tsconfig.must-fail.json'),
    JSON.stringify({ extends: './tsconfig.json', files: ['must-fail.ts'] })
  )
  const { stdout } = consumer.run(bin('tsc'), '-p', 'tsconfig.must-fail.json', '--pretty', 'false')
  const expected = readFileSync(join(consumer.folder, 'must-fail.ts'), 'utf8')
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
  const { status, stdout, stderr } = consumer.run(bin('publint'), 'run', '--strict', tarball.path)
  t.equal(status, 0, stdout + stderr)
})

t.test('its types resolve to what runs, under every resolver', async (t) => {
  const { status, stdout, stderr } = consumer.run(bin('attw'), tarball.path, '--no-emoji')
  t.equal(status, 0, stdout + stderr)
})
