import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { AuditCase, AuditJob, AuditSample } from '../audit/event-loop-process.js'
import { converse, release } from '../measure/child.js'
import { createProgress } from '../measure/progress.js'
import { summarize } from '../measure/statistics.js'
import type { PartResult } from '../report/result.js'
import { formatNumber } from '../report/table.js'
import type { Settings } from '../settings.js'

const PROCESS = fileURLToPath(new URL('../audit/event-loop-process.js', import.meta.url))
/** Bound on the cost of an audited request. */
const BUDGET_MICROSECONDS = 2

const CASES: readonly AuditCase[] = [
  { name: 'POST, recorded', method: 'POST' },
  { name: 'POST, recorded, chained by hash', method: 'POST', options: { chain: true } },
  { name: 'POST, recorded, address truncated', method: 'POST', options: { address: 'truncated' } },
  { name: 'GET, not recorded', method: 'GET' }
]

/** Measures the event-loop time that the audit log with a file sink takes per request: hooks, queue and writes. */
export async function audit(settings: Settings): Promise<PartResult> {
  const rounds = Math.max(3, settings.against.rounds)
  const progress = createProgress('audit', CASES.length)
  const results: (AuditSample & { readonly name: string })[] = []
  for (const one of CASES) {
    progress.step(one.name)
    results.push({ name: one.name, ...(await measureCase({ case: one, rounds, requestsPerRound: 50_000 })) })
  }
  progress.done()
  const rows = results.map((result) => ({ ...result, cost: summarize(result.microseconds) }))
  return {
    part: 'audit',
    data: { budgetMicroseconds: BUDGET_MICROSECONDS, rows },
    charts: [],
    tables: [
      {
        title: 'Event-loop time of the audit log with the file sink, per request',
        columns: ['request', 'µs', 'quartiles', 'of a verify', 'record bytes'],
        rows: rows.map(({ name, cost, recordBytes, verifyMicroseconds }) => [
          name,
          formatNumber(cost.median),
          `${formatNumber(cost.low)}–${formatNumber(cost.high)}`,
          (cost.median / verifyMicroseconds).toFixed(3),
          recordBytes === 0 ? '' : recordBytes
        ]),
        notes: [
          `crypto.verify RS256 took ${formatNumber(Math.min(...rows.map((row) => row.verifyMicroseconds)))} to ${formatNumber(Math.max(...rows.map((row) => row.verifyMicroseconds)))} µs meanwhile.`,
          `The budget is ${BUDGET_MICROSECONDS} µs for a recorded request without a chain.`,
          '1,000 users on 40 browsers with client hints, every header a string not seen before; writes included.'
        ]
      }
    ]
  }
}

async function measureCase(job: AuditJob): Promise<AuditSample> {
  const child = fork(PROCESS)
  try {
    return await converse<AuditSample>(child, job)
  } finally {
    await release(child)
  }
}
