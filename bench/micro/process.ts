// The measurements of `micro`, in a forked process because they need flags of Node.
import { Bench } from 'tinybench'
import { serve } from '../measure/child.js'
import { type Summary, summarize } from '../measure/statistics.js'
import type { Settings } from '../settings.js'
import { createInstance, trustOf } from '../traffic/material.js'
import { allocatedBytes, countPromises } from './allocation.js'
import { type Burst, type FirstSeen, measureBurst, measureFirstSeen } from './first-seen.js'
import { createInputs } from './inputs.js'
import { findDisorder } from './order.js'
import { createRows, type MicroRow } from './rows.js'
import { createSubject } from './subject.js'

export interface MicroMeasurement {
  readonly name: string
  readonly carrier: string
  /** Microseconds per run, the build row subtracted. */
  readonly microseconds: Summary
  /** The figure is out of order with that of a row that it contains, or that contains it: it is not to be shown. */
  readonly isWithheld: boolean
  /** Bytes per run, the build row subtracted. */
  readonly bytes: number
  readonly promises: number
}

export interface MicroResult {
  readonly rows: readonly MicroMeasurement[]
  readonly firstSeen: FirstSeen
  readonly burst: Burst
}

/** Runs per sample: the clock cannot time a single one. */
const BATCH = 100
const EXPIRY_SECONDS = 600
/** How often rows are measured again that contain one another and do not order. */
const MAX_REPEATS = 2

async function measure(settings: Settings['micro']): Promise<MicroResult> {
  const clerk = await createInstance()
  const trust = trustOf(clerk)
  const clock = { now: Date.now }
  const subject = createSubject(trust, clock)
  const inputs = createInputs(clerk, settings.inputs, EXPIRY_SECONDS)

  const firstSeen = await measureFirstSeen(subject, inputs, trust)
  const burst = await measureBurst(subject, inputs, trust, 9)

  // All tokens are seen once; then the short-lived ones run out.
  for (const requests of [inputs.good, inputs.expired]) {
    for (const carrier of ['bearer', 'cookie'] as const) {
      for (let i = 0; i < requests[carrier].count; i++) {
        const headers = requests[carrier].next()
        await new Promise<void>((resolve) => void subject.authenticate(headers, resolve))
      }
    }
  }
  const realNow = clock.now
  clock.now = () => realNow() + (EXPIRY_SECONDS + 10) * 1000

  const rows = createRows(subject, inputs)
  let measured: MicroMeasurement[] = []
  for (let repeats = 0; repeats <= MAX_REPEATS; repeats++) {
    measured = measureRows(rows, await timeRows(rows, settings), settings)
    if (!measured.some(({ isWithheld }) => isWithheld)) break
  }
  await subject.instance.close()
  await clerk.close()
  return { rows: measured, firstSeen, burst }
}

function measureRows(
  rows: readonly MicroRow[],
  times: ReadonlyMap<MicroRow, readonly number[]>,
  settings: Settings['micro']
): MicroMeasurement[] {
  const shown = rows
    .filter((row) => row.less !== null)
    .map((row) => {
      const build = rows.find((other) => other.name === row.less && other.carrier === row.carrier)
      const less = (build && times.get(build)) ?? []
      const microseconds = summarize((times.get(row) ?? []).map((us, round) => us - (less[round] ?? 0)))
      return { ...row, build, microseconds, medianMicroseconds: microseconds.median }
    })
  const disordered = findDisorder(shown)
  return shown.map((row) => ({
    name: row.name,
    carrier: row.carrier,
    microseconds: row.microseconds,
    isWithheld: disordered.has(row),
    bytes: allocatedBytes(row, row.build, settings.allocationRuns),
    promises: countPromises(row.run, 1000)
  }))
}

/** Microseconds per run, for each row and round. All rows run in every round, so that noise affects all of them. */
async function timeRows(rows: readonly MicroRow[], settings: Settings['micro']): Promise<Map<MicroRow, number[]>> {
  const times = new Map<MicroRow, number[]>(rows.map((row) => [row, []]))
  for (let round = 0; round < settings.rounds; round++) {
    const bench = new Bench({ time: settings.timeMs, warmupTime: round === 0 ? settings.warmupMs : 1 })
    for (const row of rows) {
      bench.add(`${row.carrier} ${row.name}`, () => {
        for (let i = 0; i < BATCH; i++) row.run()
      })
    }
    await bench.run()
    for (const [index, task] of bench.tasks.entries()) {
      const { result } = task
      if (!('latency' in result)) throw new Error(`The row ${task.name} was not measured`)
      times.get(rows[index] as MicroRow)?.push((result.latency.p50 * 1000) / BATCH)
    }
  }
  return times
}

serve(measure)
