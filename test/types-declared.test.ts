import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import process from 'node:process'
import t from 'tap'

t.test('what an application declares globally narrows claims, roles and permissions', async (t) => {
  const project = join('test', 'types-declared', 'tsconfig.json')
  const compiler = join('node_modules', 'typescript', 'bin', 'tsc')
  const { status, stdout } = spawnSync(process.execPath, [compiler, '-p', project], { encoding: 'utf8' })
  t.equal(status, 0, stdout)
})
