import process from 'node:process'
import { promiseHooks } from 'node:v8'
import type { MicroRow } from './rows.js'

/**
 * Bytes that a row allocates on the heap per run, less its build row. Needs `--expose-gc` and a young generation large
 * enough that nothing is collected in between: then the growth of the heap is what was allocated.
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

/** Promises made by so many runs. */
export function countPromises(run: () => void, runs: number): number {
  let promises = 0
  const stop = promiseHooks.onInit(() => {
    promises++
  })
  for (let i = 0; i < runs; i++) run()
  stop()
  return promises
}
