// The tests are compiled before tap sees them, so its TypeScript loader (which cannot use TypeScript 7) is switched off in
// package.json; and its loader of mocks, which no test uses and each would wait for.
// tap builds its test class anew when its plugins change, but only after the run that noticed has loaded the old one:
// so build it before the first run.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import process from 'node:process'

const built = 'node_modules/@tapjs/test/test-built/dist/esm/index.js'
const unwanted = ['@tapjs/typescript', '@tapjs/mock']

function isBuilt() {
  if (!existsSync(built)) return false
  const text = readFileSync(built, 'utf8')
  return unwanted.every((plugin) => !text.includes(plugin))
}

if (!isBuilt()) {
  const { status } = spawnSync(process.execPath, ['node_modules/.bin/tap', 'build'], { stdio: 'inherit' })
  process.exitCode = status ?? 1
}
