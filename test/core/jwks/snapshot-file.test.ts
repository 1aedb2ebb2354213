import { readFile, stat, writeFile } from 'node:fs/promises'
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
