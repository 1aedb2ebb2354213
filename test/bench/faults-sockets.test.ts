import t from 'tap'
import { ours } from '../../bench/faults/contenders.js'
import { brokenPromises, runFaults } from '../../bench/faults/run.js'

// Three faults of `npm run bench -- faults`, over sockets and for this package alone: those that come nearest to breaking
// a promise.
const FAULTS = ['redirect to another host', 'cold start, 100 at once', 'rotation under that flood']

t.setTimeout(110_000)

t.test(
  'over sockets, too, nothing is wrongly refused or accepted, and fetches and waits stay within their bounds',
  async (t) => {
    const rows = await runFaults({ only: [ours.name], faults: FAULTS, onStep() {} })
    t.strictSame(
      rows.map(({ fault }) => fault),
      FAULTS
    )
    t.strictSame(brokenPromises(rows), [])
    for (const { fault, cells } of rows) t.ok((cells[0]?.sent ?? 0) >= 60, fault)
  }
)

t.test('the harness notices a broken promise', async (t) => {
  const kept = { contender: ours.name, sent: 10, wronglyRefused: 0, wronglyAccepted: 0, fetches: 1, longestWaitMs: 5 }
  const rows = (cell: object) => [{ fault: 'x', cells: [{ ...kept, ...cell }] }]
  t.strictSame(brokenPromises(rows({})), [])
  for (const broken of [{ wronglyRefused: 1 }, { wronglyAccepted: 1 }, { longestWaitMs: 9000 }, { fetches: 100 }]) {
    t.equal(brokenPromises(rows(broken)).length, 1, JSON.stringify(broken))
  }
})
