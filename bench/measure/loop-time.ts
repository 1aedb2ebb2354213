import { readFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import process from 'node:process'

/**
 * Time used by the thread that runs the event loop, in µs. On Linux its CPU time, which other processes and threads do
 * not affect; elsewhere the time in which the loop was active.
 */
export function readLoopTime(): number {
  try {
    return Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')[0]) / 1_000
  } catch {
    return performance.eventLoopUtilization().active * 1_000
  }
}
