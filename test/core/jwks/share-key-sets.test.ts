import { execFile } from 'node:child_process'
import cluster from 'node:cluster'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'
import { shareWithinCluster } from '../../../src/core/jwks/cluster-source.js'
import { shareKeySets } from '../../../src/core/jwks/share-key-sets.js'
import type { KeySource } from '../../../src/core/jwks/source.js'

t.setTimeout(90_000)

const app = fileURLToPath(new URL('../../fixtures/cluster-app.js', import.meta.url))

async function run(...args: string[]): Promise<{ requests: number; outcomes: boolean[] }> {
  const { stdout } = await promisify(execFile)(process.execPath, [app, ...args], { timeout: 60_000 })
  return JSON.parse(stdout)
}

t.test('four processes of a cluster that shares fetch once', { timeout: 60_000 }, async (t) => {
  t.strictSame(await run('share'), { requests: 1, outcomes: [true, true, true, true] })
})

t.test('without sharing each fetches for itself', { timeout: 60_000 }, async (t) => {
  t.strictSame(await run(), { requests: 4, outcomes: [true, true, true, true] })
})

t.test('outside of a cluster nothing is wrapped; the primary says once that it shares', (t) => {
  const inner: KeySource = { kind: 'fapi', id: 'x', fetch: () => Promise.reject(new Error('nobody asks')) }
  t.equal(shareWithinCluster(inner), inner)
  const before = cluster.listenerCount('message')
  shareKeySets()
  shareKeySets()
  t.equal(cluster.listenerCount('message'), before + 1)
  t.equal(shareWithinCluster(inner), inner, 'the primary itself asks nobody')
  delete process.env.FASTIFY_CLERK_AUTH_SHARES_KEY_SETS
  cluster.removeAllListeners('message')
  cluster.removeAllListeners('exit')
  t.end()
})
