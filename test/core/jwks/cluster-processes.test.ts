import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'

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
