// Small applications, each as a user would have it: a folder outside the repository, the packed tarball installed next
// to the registry's packages, its own `npm test`. Names on the command line choose among them. Needs the registry.
import { spawn } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { assertAlone, cleanEnvironment, pack, repository } from '../package/consumer-folder.js'

const AT_A_TIME = 2
const INSTALL_LIMIT_IN_MS = 180_000
const CHECK_LIMIT_IN_MS = 90_000
const LINES_SHOWN = 60

interface Outcome {
  readonly isOk: boolean
  readonly output: string
}

const source = join(repository, 'test/examples')
const examples = readdirSync(source)
  .filter((name) => existsSync(join(source, name, 'package.json')) && hasTests(name))
  .sort()

const named = process.argv.slice(2)
const unknown = named.filter((name) => !examples.includes(name))
if (unknown.length > 0) {
  console.error(`There is no example ${unknown.join(', ')}: choose from ${examples.join(', ')}`)
  process.exit(2)
}

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'examples-')))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1)) // by way of the exit listeners
assertAlone(folder)

const began = Date.now()
const tarball = pack(folder).path
const chosen = named.length > 0 ? named : examples
const failed: string[] = []
const waiting = [...chosen]
await Promise.all(Array.from({ length: AT_A_TIME }, work))

console.log(`${chosen.length - failed.length} of ${chosen.length} examples ok, ${secondsSince(began)} s`)
if (failed.length > 0) {
  console.log(`failed: ${failed.join(', ')}`)
  process.exitCode = 1
}

/** The manifest in `frontend` has none: it lists what `npm run test:frontend` installs. */
function hasTests(name: string): boolean {
  const manifest: { scripts?: { test?: string } } = JSON.parse(readFileSync(join(source, name, 'package.json'), 'utf8'))
  return manifest.scripts?.test !== undefined
}

async function work(): Promise<void> {
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
    const began = Date.now()
    const { isOk, output } = await tryExample(name)
    console.log(`${isOk ? 'ok    ' : 'FAILED'}  ${name.padEnd(16)} ${secondsSince(began).padStart(6)} s`)
    if (isOk) continue
    failed.push(name)
    console.log(output.split('\n').slice(-LINES_SHOWN).join('\n').replace(/^/gm, '        '))
  }
}

async function tryExample(name: string): Promise<Outcome> {
  const copy = join(folder, name)
  cpSync(join(source, name), copy, { recursive: true, filter: (path) => basename(path) !== 'node_modules' })
  const flags = ['--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts', '--no-package-lock']
  const installed = await npm(copy, INSTALL_LIMIT_IN_MS, 'install', ...flags, tarball)
  const outcome = installed.isOk ? await npm(copy, CHECK_LIMIT_IN_MS, 'test') : installed
  rmSync(copy, { recursive: true, force: true })
  return outcome
}

/** In a process group of its own, so that a server which a check has left behind ends with it. */
function npm(cwd: string, limitInMs: number, ...args: string[]): Promise<Outcome> {
  const child = spawn('npm', args, {
    cwd,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...cleanEnvironment(folder), CI: 'true', NO_COLOR: '1', npm_config_update_notifier: 'false' }
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text))
  const endGroup = () => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    } catch {} // nobody is left
  }
  const timer = setTimeout(() => {
    output += `\nnpm ${args[0]} was ended after ${limitInMs / 1000} s`
    endGroup()
  }, limitInMs)
  process.on('exit', endGroup)
  child.once('exit', endGroup)
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ isOk: false, output: String(error) }))
    child.once('close', (status) => {
      clearTimeout(timer)
      process.off('exit', endGroup)
      resolve({ isOk: status === 0, output: output.trimEnd() })
    })
  })
}

function secondsSince(time: number): string {
  return ((Date.now() - time) / 1000).toFixed(1)
}
