import { spawnSync } from 'node:child_process'
import { lstat, mkdir, readdir, readFile, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { createFileSnapshotStore } from '../../../src/core/jwks/snapshot-file.js'
import { createHarness, hang, keySetResponse } from '../../fixtures/key-store-harness.js'
import { createRsaKey } from '../../fixtures/rsa-keys.js'

const a = createRsaKey('ins_a')

t.test('a file keeps a snapshot, readable by its owner only', async (t) => {
  const path = join(t.testdir({}), 'keys.snapshot')
  const h = createHarness(() => keySetResponse([a.jwk]), { snapshot: path })
  h.time.isBusy = () => false
  await h.store.resolve('ins_a', true)
  for (let turn = 0; turn < 200 && (await stat(path).catch(() => null)) === null; turn++) {
    await new Promise((resolve) => setImmediate(resolve))
  }
  t.equal((await stat(path)).mode & 0o777, 0o600)
  t.match(await readFile(path, 'utf8'), 'ins_a')

  const second = createHarness((request) => hang(request), { snapshot: path, time: h.time })
  h.time.isBusy = () => false
  t.ok((await second.store.resolve('ins_a', true)).ok)
  t.equal(second.requests.length, 0)
})

t.test('a file that is missing is no snapshot; one that is too large or unreadable is a failed one', async (t) => {
  const directory = t.testdir({ large: 'x'.repeat(5000) })
  t.equal(await createFileSnapshotStore(join(directory, 'none'), 1024).get(), null)
  t.equal(await createFileSnapshotStore(join(directory, 'large'), 1024).get(), '')
  await t.rejects(async () => createFileSnapshotStore(directory, 65_536).get())
  await t.rejects(async () => createFileSnapshotStore(join(directory, 'no', 'such', 'folder'), 1024).set('x'))
  await writeFile(join(directory, 'small'), 'x')
  t.equal(await createFileSnapshotStore(join(directory, 'small'), 1024).get(), 'x')
})

t.test('in a folder that others may write to, neither their links nor their files are written to', async (t) => {
  const folder = t.testdir({ precious: 'precious' })
  const path = join(folder, 'keys.snapshot')
  for (let write = 0; write < 5; write++) await symlink(join(folder, 'precious'), `${path}.${process.pid}.${write}.tmp`)
  await symlink(join(folder, 'precious'), path)
  const store = createFileSnapshotStore(path, 1024)
  await Promise.all(Array.from({ length: 20 }, (_, write) => store.set(`snapshot ${write}`)))
  t.equal(await readFile(join(folder, 'precious'), 'utf8'), 'precious')
  t.equal((await lstat(path)).isFile(), true)
  t.equal((await lstat(path)).mode & 0o777, 0o600)
  t.match(await store.get(), /^snapshot \d+$/)
  t.same((await readdir(folder)).filter((name) => name.endsWith('.tmp')).length, 5, 'nothing is left behind')
})

t.test('a path that leads to a FIFO or a folder fails at once, and does not hold up the exit', async (t) => {
  const folder = t.testdir({ folder: {} })
  const pipe = join(folder, 'pipe')
  t.equal(spawnSync('mkfifo', [pipe]).status, 0)
  const module = new URL('../../../src/core/jwks/snapshot-file.js', import.meta.url).href
  for (const path of [pipe, join(folder, 'folder')]) {
    const program = `
      const { createFileSnapshotStore } = await import(${JSON.stringify(module)})
      const store = createFileSnapshotStore(${JSON.stringify(path)}, 1024)
      const outcomes = await Promise.allSettled([store.get(), store.set('x')])
      console.log(outcomes.map(({ status }) => status).join())
      process.exit()`
    const { stdout, signal } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
      encoding: 'utf8',
      timeout: 20_000
    })
    t.equal(signal, null)
    t.equal(stdout, 'rejected,rejected\n')
  }
})

t.test('of processes that share a file, one has the turn until its time is over', async (t) => {
  const path = join(t.testdir({}), 'keys.snapshot')
  const age = (ms: number) => utimes(`${path}.turn`, new Date(Date.now() - ms), new Date(Date.now() - ms))
  const [first, second] = [createFileSnapshotStore(path, 1024), createFileSnapshotStore(path, 1024)]
  t.equal(await first.claim?.(3000), true)
  t.equal(await second.claim?.(3000), false)
  await age(2000)
  t.equal(await second.claim?.(3000), false)
  await age(3001)
  t.equal(await second.claim?.(3000), true)
  t.equal(await first.claim?.(3000), false)
  t.equal((await lstat(`${path}.turn`)).mode & 0o777, 0o600)
  await age(-3_600_000)
  t.equal(await first.claim?.(3000), true, 'a file from the future keeps nobody from fetching')
})

t.test('of twenty claims of a file at once, one is granted', async (t) => {
  const path = join(t.testdir({}), 'keys.snapshot')
  const store = createFileSnapshotStore(path, 1024)
  const claims = await Promise.all(Array.from({ length: 20 }, () => store.claim?.(60_000)))
  t.equal(claims.filter((isGranted) => isGranted).length, 1)
})

t.test('a link or a folder in place of the turn is not followed, and keeps nobody from fetching', async (t) => {
  const folder = t.testdir({ precious: 'precious' })
  const path = join(folder, 'keys.snapshot')
  const store = createFileSnapshotStore(path, 1024)
  await symlink(join(folder, 'nowhere'), `${path}.turn`)
  t.equal(await store.claim?.(0), true)
  t.equal((await lstat(`${path}.turn`)).isFile(), true)
  t.same((await readdir(folder)).sort(), ['keys.snapshot.turn', 'precious'])
  const other = join(folder, 'other.snapshot')
  await mkdir(`${other}.turn`)
  await t.rejects(async () => createFileSnapshotStore(other, 1024).claim?.(0), 'which counts as granted')
})
