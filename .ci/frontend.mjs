// Installs Clerk's frontend packages as test/examples/frontend lists them, into .build/frontend: npm ci of this repository
// does not grow by them. Once they are there it does nothing, and needs no network, until the list changes.
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import process from 'node:process'

const manifest = 'test/examples/frontend/package.json'
const folder = '.build/frontend'
const stamp = `${folder}/node_modules/.installed`

const wanted = readFileSync(manifest, 'utf8')
if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
  cpSync('test/examples/frontend', folder, { recursive: true, filter: (path) => !path.includes('node_modules') })
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock']
  const { status } = spawnSync('npm', ['install', ...flags], {
    cwd: folder,
    stdio: ['ignore', process.stderr, 'inherit']
  })
  if (status === 0) writeFileSync(stamp, wanted)
  process.exitCode = status ?? 1
}
