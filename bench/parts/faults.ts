import type { CellResult } from '../faults/cell.js'
import { faultContenders } from '../faults/contenders.js'
import { brokenPromises, chooseContenders, type FaultRow, runFaults } from '../faults/run.js'
import { createProgress } from '../measure/progress.js'
import type { PartResult } from '../report/result.js'
import type { Table } from '../report/table.js'

/** The faults of a short run. */
const FEW: readonly string[] = ['status 500', 'cold start, 100 at once', 'rotation']
const FAULTS = 19
/** Longer waits are shown as longer than this. */
const SHOWN_WAIT_MS = 60_000

/** Runs failing and hostile key endpoints over real sockets: refused tokens, fetches, waits. */
export async function faults(isShort: boolean, only: readonly string[]): Promise<PartResult> {
  const progress = createProgress('faults', isShort ? FEW.length : FAULTS)
  const rows = await runFaults({ only, faults: isShort ? FEW : null, onStep: (label) => progress.step(label) })
  progress.done()
  const broken = brokenPromises(rows)
  for (const promise of broken) console.error(`Broken promise: ${promise}`)
  const names = chooseContenders(only).map(({ name }) => name)
  const setups = faultContenders
    .filter(({ name }) => names.includes(name))
    .map(({ name, setup }) => `${name}: ${setup}`)
  return {
    part: 'faults',
    data: { rows, broken },
    charts: [],
    tables: [
      ...(names.includes('fastify-clerk-auth') ? [ownTable(rows)] : []),
      compareTable('Valid tokens refused or left without an answer', rows, names, refused, [
        'Eleven minutes of the endpoint’s failure with a request every 20 s, then 60 requests in 3 s; rotation, flood and cold start in real time.',
        `Set up as follows. ${setups.join('. ')}.`
      ]),
      compareTable('Requests to the key endpoint', rows, names, ({ fetches }) => String(fetches), []),
      compareTable('Longest wait for an answer', rows, names, ({ longestWaitMs }) => formatWait(longestWaitMs), [])
    ]
  }
}

function ownTable(rows: readonly FaultRow[]): Table {
  return {
    title: 'fastify-clerk-auth while the key endpoint fails',
    columns: [
      'the key endpoint',
      'valid tokens sent',
      'wrongly refused',
      'wrongly accepted',
      'fetches',
      'longest wait'
    ],
    rows: rows.flatMap(({ fault, cells }) =>
      cells
        .filter(({ wronglyAccepted }) => wronglyAccepted !== undefined)
        .map((cell) => [
          fault,
          cell.sent,
          cell.wronglyRefused,
          cell.wronglyAccepted ?? 0,
          cell.fetches,
          formatWait(cell.longestWaitMs)
        ])
    ),
    notes: []
  }
}

function compareTable(
  title: string,
  rows: readonly FaultRow[],
  names: readonly string[],
  show: (cell: CellResult) => string,
  notes: readonly string[]
): Table {
  return {
    title,
    columns: ['the key endpoint', ...names],
    rows: rows.map(({ fault, cells }) => [
      fault,
      ...names.map((name) => {
        const cell = cells.find(({ contender }) => contender === name)
        return cell === undefined ? '–' : show(cell)
      })
    ]),
    notes
  }
}

function refused({ wronglyRefused, sent }: CellResult): string {
  return wronglyRefused === 0 ? '0' : `${wronglyRefused} of ${sent}`
}

function formatWait(ms: number): string {
  if (ms > SHOWN_WAIT_MS) return '> 60 s'
  return ms >= 1000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.max(1, Math.round(ms))} ms`
}
