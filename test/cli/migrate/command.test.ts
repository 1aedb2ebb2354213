import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import t, { type Test } from 'tap'
import { runMigrateCommand } from '../../../src/cli/migrate/command.js'
import { loadParser, type Parse, requireFromPath } from '../../../src/cli/migrate/syntax.js'
import { MigrateParserError } from '../../../src/core/errors.js'
import { root } from '../../docs/manual.js'

const GOOD = "import { clerkPlugin } from '@clerk/fastify'\napp.register(clerkPlugin)\n"
const GOOD_AFTER = "import clerkAuth from 'fastify-clerk-auth'\napp.register(clerkAuth, { acceptsToken: 'any' })\n"
const BAD = "\nimport clerk from '@clerk/fastify'\n"

function write(t: Test, files: Readonly<Record<string, string | Buffer>>): (name: string) => string {
  const folder = mkdtempSync(join(tmpdir(), 'migrate-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content)
  return (name) => join(folder, name)
}

async function run(args: readonly string[], load?: () => Promise<Parse>, isTTY = false) {
  const written = { stdout: '', stderr: '' }
  const output = {
    stdout: { isTTY, write: (text: string) => (written.stdout += text) },
    stderr: { write: (text: string) => (written.stderr += text) }
  }
  return { status: await runMigrateCommand(args, output, load), ...written }
}

t.test('without --write the changes are printed as a diff, and no file is touched', async (t) => {
  const at = write(t, { 'a.js': GOOD, 'b.js': 'export {}\n' })
  const { status, stdout, stderr } = await run([at('a.js'), at('b.js')])
  t.equal(status, 0)
  for (const line of GOOD.trimEnd().split('\n')) t.ok(stdout.includes(`\n-${line}\n`), line)
  for (const line of GOOD_AFTER.trimEnd().split('\n')) t.ok(stdout.includes(`\n+${line}\n`), line)
  t.match(stderr, /^1 to change, 0 left as they are, 1 without need\nThen: npm install/)
  t.equal(readFileSync(at('a.js'), 'utf8'), GOOD)
})

t.test('the command of the manual names files of every ending', async (t) => {
  const names = ['ts', 'mts', 'cts', 'tsx', 'js', 'mjs', 'cjs', 'jsx'].map((ending) => `a.${ending}`)
  const at = write(t, Object.fromEntries([...names, 'a.md', 'a.json'].map((name) => [name, '"clerk"'])))
  const { stdout } = await run(['--help'])
  const manual = readFileSync(join(root, 'src/cli/README.md'), 'utf8')
  for (const text of [stdout, manual]) {
    const command = /migrate \$\((git grep) (-l clerk -- .*)\)/.exec(text)
    t.ok(command)
    const found = execFileSync('sh', ['-c', `${command?.[1]} --no-index ${command?.[2]}`], { cwd: at('') })
    t.strictSame(String(found).trim().split('\n').sort(), [...names].sort())
  }
})

t.test('a terminal is shown the control characters of a file, and a pipe gets the diff as it is', async (t) => {
  const text = `${GOOD}// \u001b[2J\u202e\tb\r\n`
  const at = write(t, { 'a.js': text })
  const piped = await run([at('a.js')])
  t.ok(piped.stdout.includes('// \u001b[2J\u202e\tb\r\n'))
  const shown = await run([at('a.js')], undefined, true)
  t.ok(shown.stdout.includes('// \\u001b[2J\\u202e\tb\r\n'))
  t.ok(shown.stdout.includes('\n-import { clerkPlugin }'))
})

t.test('with --write they are made, and made once', async (t) => {
  const at = write(t, { 'a.js': GOOD })
  t.match(await run(['--write', at('a.js')]), { status: 0, stdout: `changed ${at('a.js')}\n`, stderr: /^1 changed, / })
  t.equal(readFileSync(at('a.js'), 'utf8'), GOOD_AFTER)
  t.match(await run(['--write', at('a.js')]), {
    status: 0,
    stdout: '',
    stderr: '0 changed, 0 left as they are, 1 without need\n'
  })
  t.equal(readFileSync(at('a.js'), 'utf8'), GOOD_AFTER)
})

t.test('a file that is not understood is named with its line and left, the others are changed', async (t) => {
  const at = write(t, { 'a.js': GOOD, 'b.js': BAD })
  const { status, stderr } = await run([at('b.js'), at('a.js'), '--write'])
  t.equal(status, 1)
  t.ok(stderr.startsWith(`${at('b.js')}:2: left as it is: @clerk/fastify is named in a way that is not understood`))
  t.equal(readFileSync(at('b.js'), 'utf8'), BAD)
  t.equal(readFileSync(at('a.js'), 'utf8'), GOOD_AFTER)
})

t.test('@clerk/fastify is to go at once only where no file was left', async (t) => {
  const at = write(t, {
    'a.js': GOOD,
    'b.js': BAD,
    'in-part.js': `${GOOD}jest.mock('@clerk/fastify')\n`,
    'no-program.js': `${GOOD}const = 1\n`
  })
  const install = 'Then: npm install fastify-clerk-auth @clerk/backend'
  t.ok((await run([at('a.js')])).stderr.includes(`${install} && npm uninstall @clerk/fastify. Behind`))
  for (const name of ['b.js', 'in-part.js', 'no-program.js']) {
    const { stderr } = await run([at('a.js'), at(name)])
    t.ok(stderr.includes(`${install}. Once the files left are changed: npm uninstall @clerk/fastify. Behind`), stderr)
  }
})

t.test('a byte order mark is kept', async (t) => {
  const at = write(t, { 'a.js': `\ufeff${GOOD}` })
  t.equal((await run(['--write', at('a.js')])).status, 0)
  t.equal(readFileSync(at('a.js'), 'utf8'), `\ufeff${GOOD_AFTER}`)
})

t.test('what cannot be read stops everything before anything is written', async (t) => {
  const at = write(t, { 'a.js': GOOD, 'latin1.js': Buffer.from("'\xe9' // clerk", 'latin1') })
  for (const name of ['missing.js', 'latin1.js', '.']) {
    const { status, stderr } = await run(['--write', at('a.js'), at(name)])
    t.equal(status, 2, name)
    t.equal(stderr, `${at(name)} cannot be read as a text in UTF-8\n`)
    t.equal(readFileSync(at('a.js'), 'utf8'), GOOD, name)
  }
})

t.test('a file that cannot be written stops everything before anything is written', async (t) => {
  const at = write(t, { 'a.js': GOOD, 'b.js': GOOD })
  chmodSync(at('.'), 0o755)
  chmodSync(at('a.js'), 0o666)
  chmodSync(at('b.js'), 0o444)
  const parse = await loadParser()
  // To root every file is writable.
  const isRoot = process.geteuid?.() === 0
  if (isRoot) process.seteuid?.(65_534)
  const { status, stdout, stderr } = await run(['--write', at('a.js'), at('b.js')], async () => parse).finally(() => {
    if (isRoot) process.seteuid?.(0)
  })
  t.equal(status, 2)
  t.equal(stdout, '')
  t.equal(stderr, `${at('b.js')} cannot be written: no file was changed\n`)
  t.equal(readFileSync(at('a.js'), 'utf8'), GOOD)
})

t.test('a symbolic link or a pipe stops everything, and what it leads to is left', async (t) => {
  const at = write(t, { 'a.js': GOOD, 'outside.js': GOOD })
  symlinkSync(at('outside.js'), at('link.js'))
  execFileSync('mkfifo', [at('pipe.js')])
  for (const [name, says] of [
    ['link.js', 'is a symbolic link: name the file that it leads to'],
    ['pipe.js', 'is no regular file']
  ] as const) {
    const { status, stderr } = await run(['--write', at('a.js'), at(name)])
    t.equal(status, 2, name)
    t.equal(stderr, `${at(name)} ${says}\n`)
    for (const each of ['a.js', 'outside.js']) t.equal(readFileSync(at(each), 'utf8'), GOOD, name)
  }
})

t.test('a parser is found among the packages of commands on PATH, where npx has put it', async (t) => {
  const at = write(t, {})
  mkdirSync(at('a/node_modules/.bin'), { recursive: true })
  mkdirSync(at('b/node_modules/.bin'), { recursive: true })
  mkdirSync(at('b/node_modules/@babel/parser'), { recursive: true })
  writeFileSync(at('b/node_modules/@babel/parser/index.js'), "exports.parse = () => 'parsed by b'")
  const path = ['/usr/bin', at('a/node_modules/.bin'), at('b/node_modules/.bin')].join(delimiter)
  const parser = requireFromPath(path)
  t.equal(String(parser?.parse('')), 'parsed by b')
  t.equal(requireFromPath(`${at('b/node_modules')}${delimiter}${at('a/node_modules/.bin')}`), null)
  t.equal(requireFromPath(''), null)
})

t.test('files of node_modules are passed over', async (t) => {
  const at = write(t, { 'a.js': GOOD })
  mkdirSync(at('node_modules'))
  writeFileSync(at('node_modules/b.js'), GOOD)
  t.equal((await run(['--write', at('node_modules/b.js'), at('a.js')])).status, 0)
  t.equal(readFileSync(at('node_modules/b.js'), 'utf8'), GOOD)
  t.equal(readFileSync(at('a.js'), 'utf8'), GOOD_AFTER)
})

t.test('every kind of file is moved, and a second run changes nothing', async (t) => {
  const required = "const { clerkPlugin } = require('@clerk/fastify')\r\napp.register(clerkPlugin)\r\n"
  const files = {
    'a.mts': GOOD,
    'a.tsx': GOOD,
    'a.mjs': `#!/usr/bin/env node\n${GOOD}`,
    'a.cts': required,
    'a.cjs': required
  }
  const at = write(t, files)
  const paths = Object.keys(files).map(at)
  t.equal((await run(['--write', ...paths])).status, 0)
  for (const [name, before] of Object.entries(files)) {
    const after =
      before === required
        ? "const { clerkAuth } = require('fastify-clerk-auth')\r\napp.register(clerkAuth, { acceptsToken: 'any' })\r\n"
        : before.replace(GOOD, GOOD_AFTER)
    t.equal(readFileSync(at(name), 'utf8'), after, name)
  }
  t.match(await run(['--write', ...paths]), { status: 0, stdout: '', stderr: /^0 changed, 0 left as they are, 5 / })
})

t.test('bad arguments', async (t) => {
  for (const args of [[], ['--write'], ['--wirte', 'a.js']])
    t.match(await run(args), { status: 2, stdout: '', stderr: /Usage: / })
  t.match(await run(['--help']), { status: 0, stdout: /^Usage: / })
})

t.test('without the parser the answer is the command that brings it', async (t) => {
  const load = () => Promise.reject(new MigrateParserError())
  t.match(await run(['a.js'], load), {
    status: 2,
    stderr: /^migrate needs the package @babel\/parser.*npx -p fastify-clerk-auth -p @babel\/parser/
  })
})
