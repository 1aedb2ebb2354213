// The measurements of `micro`, in a process of their own for the flags that they need.
import process from 'node:process'
import { Bench } from 'tinybench'
import type { Summary } from '../measure/statistics.js'
import type { Settings } from '../settings.js'
import { createInstance, trustOf } from '../traffic/material.js'
import { allocatedBytes, countPromises } from './allocation.js'
import { type Burst, type FirstSeen, measureBurst, measureFirstSeen } from './first-seen.js'
import { createInputs } from './inputs.js'
import { createRows, type MicroRow } from './rows.js'
import { createSubject } from './subject.js'

export interface MicroMeasurement {
  readonly name: string
  readonly carrier: string
  /** Microseconds per run, the build row subtracted. */
  readonly microseconds: Summary
  /** Bytes per run, the build row subtracted. */
  readonly bytes: number
  readonly promises: number
}

export interface MicroResult {
  readonly rows: readonly MicroMeasurement[]
  readonly firstSeen: FirstSeen
  readonly burst: Burst
}

/** Runs per sample: one is shorter than the clock's resolution is worth. */
const BATCH = 100
const EXPIRY_SECONDS = 600

async function measure(settings: Settings['micro']): Promise<MicroResult> {
  const clerk = await createInstance()
  const trust = trustOf(clerk)
  const clock = { now: Date.now }
  const subject = createSubject(trust, clock)
  const inputs = createInputs(clerk, settings.inputs, EXPIRY_SECONDS)

  const firstSeen = await measureFirstSeen(subject, inputs, trust)
  const burst = await measureBurst(subject, inputs, trust, 9)

  // Everything has been seen once; then the short-lived tokens run out.
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
  const bench = new Bench({ time: settings.timeMs, warmupTime: settings.warmupMs, retainSamples: false })
  for (const row of rows) {
    bench.add(key(row), () => {
      for (let i = 0; i < BATCH; i++) row.run()
    })
  }
  await bench.run()
  const measured = rows
    .filter((row) => row.less !== null)
    .map((row): MicroMeasurement => {
      const build = rows.find((other) => other.name === row.less && other.carrier === row.carrier)
      return {
        name: row.name,
        carrier: row.carrier,
        microseconds: difference(statisticsOf(bench, row), build && statisticsOf(bench, build)),
        bytes: allocatedBytes(row, build, settings.allocationRuns),
        promises: countPromises(row.run, 1000)
      }
    })
  await subject.instance.close()
  await clerk.close()
  return { rows: measured, firstSeen, burst }
}

const key = (row: MicroRow) => `${row.carrier} ${row.name}`

function statisticsOf(bench: Bench, row: MicroRow): Summary {
  const result = bench.tasks.find((task) => task.name === key(row))?.result
  if (result === undefined || !('latency' in result)) throw new Error(`The row ${key(row)} was not measured`)
  const { p50, p75, min, max, samplesCount } = result.latency
  const us = (ms: number | undefined) => ((ms ?? Number.NaN) * 1000) / BATCH
  // tinybench keeps no lower quartile; its minimum is not far below, as nothing runs faster than undisturbed.
  return { median: us(p50), low: us(min), high: us(p75), min: us(min), max: us(max), count: samplesCount }
}

function difference(row: Summary, build: Summary | undefined): Summary {
  const less = build?.median ?? 0
  const { median, low, high, min, max, count } = row
  return { median: median - less, low: low - less, high: high - less, min: min - less, max: max - less, count }
}

process.on('message', (settings: Settings['micro']) => {
  measure(settings).then(
    (result) => process.send?.(result, () => process.disconnect?.()),
    (error: unknown) => {
      console.error(error)
      process.exit(1)
    }
  )
})
