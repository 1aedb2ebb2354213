// Signs many tokens on all cores. `signMany` starts this file as a worker thread on each.
import { availableParallelism } from 'node:os'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { createLocalClerk } from '../../src/local/index.js'
import { signToken } from './material.js'

interface Share {
  readonly signingKey: string
  readonly first: number
  readonly count: number
  readonly bytes: number
  readonly kid: string | null
}

/**
 * Signs tokens for users 0 to `count` - 1. A hundred thousand take about half a minute. `kid`: the name of the key in
 * the tokens; null: another for each thread, for contenders that do not look at it.
 */
export async function signMany(
  signingKey: string,
  count: number,
  { bytes = 974, kid = null }: { readonly bytes?: number; readonly kid?: string | null } = {}
): Promise<string[]> {
  const workers = availableParallelism()
  const size = Math.ceil(count / workers)
  const shares = Array.from({ length: workers }, (_, i) => {
    const share: Share = { signingKey, first: i * size, count: Math.min(size, count - i * size), bytes, kid }
    return new Promise<string[]>((resolve, reject) => {
      const worker = new Worker(new URL(import.meta.url), { workerData: share })
      worker.on('message', resolve)
      worker.on('error', reject)
    })
  })
  return (await Promise.all(shares)).flat()
}

if (!isMainThread && parentPort !== null) {
  const { signingKey, first, count, bytes, kid } = workerData as Share
  const clerk = await createLocalClerk({ instanceType: 'production', tokenLifetimeInMs: 3_600_000, signingKey })
  parentPort.postMessage(
    Array.from({ length: Math.max(0, count) }, (_, i) =>
      signToken(clerk, String(first + i), 3600, bytes, kid === null ? {} : { header: { kid } })
    )
  )
  await clerk.close()
}
