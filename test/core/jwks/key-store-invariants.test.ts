import { Worker } from 'node:worker_threads'
import t from 'tap'
import type { SimulationInput, SimulationResult } from '../../fixtures/key-store-simulation.js'

// Four seeds at a time over simulated weeks. A longer run, and any other seeds:
// `CLERK_TEST_SEED=7 CLERK_TEST_HOURS=10000 node .build/test/core/jwks/key-store-invariants.test.js`.
const SEED = Number(process.env.CLERK_TEST_SEED ?? 1)
const HOURS = Number(process.env.CLERK_TEST_HOURS ?? 400)
const HOUR_MS = 3_600_000
const RUNS: readonly Omit<SimulationInput, 'seed' | 'hours'>[] = [
  { staleIfErrorInMs: 4 * HOUR_MS, pollWhenIdle: false },
  { staleIfErrorInMs: 4 * HOUR_MS, pollWhenIdle: true },
  { staleIfErrorInMs: HOUR_MS, pollWhenIdle: false },
  { staleIfErrorInMs: 0, pollWhenIdle: false }
]

t.setTimeout(HOURS * 100 + 60_000)

for (const [run, settings] of RUNS.entries()) {
  const input: SimulationInput = { ...settings, seed: SEED * 1000 + run, hours: HOURS / RUNS.length }
  t.test(`seed ${input.seed}: ${input.hours} hours of faults, rotations and floods break no invariant`, async (t) => {
    const { broken, mostInFlight, ...counts } = await simulateInThread(input)
    t.strictSame(broken, [])
    t.equal(mostInFlight, 1, 'never more than one fetch in flight')
    t.ok(counts.accepted > counts.steps / 5 && counts.unavailable > 0 && counts.refused > 0, JSON.stringify(counts))
  })
}

function simulateInThread(workerData: SimulationInput): Promise<SimulationResult> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('../../fixtures/key-store-simulation.js', import.meta.url), { workerData })
    worker.once('message', resolve)
    worker.once('error', reject)
  })
}
