import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import process from 'node:process'
import t from 'tap'

t.test('what an application declares globally narrows claims, roles and permissions', async (t) => {
  const project = join('test', 'types', 'declared', 'tsconfig.json')
  // Not bin/tsc: a file without an extension does not start under the test runner's loader.
  const compiler = join('node_modules', 'typescript', 'lib', 'tsc.js')
  const { status, stdout, stderr } = spawnSync(process.execPath, [compiler, '-p', project], { encoding: 'utf8' })
  t.equal(status, 0, stdout + stderr)
})
