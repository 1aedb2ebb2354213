import process from 'node:process'
import { promiseHooks } from 'node:v8'
import type { MicroRow } from './rows.js'

/**
 * Bytes that a row allocates on the heap per run, less those of its build row. Needs `--expose-gc` and a young
 * generation so large that nothing is collected meanwhile: then the heap grows by exactly the allocated bytes.
 */
export function allocatedBytes(row: MicroRow, build: MicroRow | undefined, runs: number): number {
  return heapGrowth(row.run, runs) - (build === undefined ? 0 : heapGrowth(build.run, runs))
}

function heapGrowth(run: () => void, runs: number): number {
  for (let i = 0; i < runs; i++) run()
  globalThis.gc?.()
  const before = process.memoryUsage().heapUsed
  for (let i = 0; i < runs; i++) run()
  return (process.memoryUsage().heapUsed - before) / runs
}

/** Number of promises that `runs` runs create. */
export function countPromises(run: () => void, runs: number): number {
  let promises = 0
  const stop = promiseHooks.onInit(() => {
    promises++
  })
  for (let i = 0; i < runs; i++) run()
  stop()
  return promises
}
