import t from 'tap'
import { startBackendStub } from './backend-stub.js'
import { judgeCases } from './judge.js'
import { closeServers } from './ours.js'

// The short form of `npm run test:oracle`. ORACLE_SEED selects other cases, ORACLE_CASES their number.

const cases = Number(process.env.ORACLE_CASES ?? 1_500)
const seed = Number(process.env.ORACLE_SEED ?? 20_261)

const stub = await startBackendStub()
t.teardown(async () => {
  await closeServers()
  stub.close()
})

t.test('generated requests get the same answer from Clerk’s own SDK, but for the deliberate differences', async (t) => {
  // Clerk's SDK writes a line for every second refusal.
  for (const name of ['log', 'info', 'warn', 'error', 'debug'] as const) t.intercept(console, name, { value: () => {} })
  const { outcomes, unexplained } = await judgeCases(cases, seed, stub.origin)
  for (const [name, { count, example }] of unexplained) {
    t.fail(`${count} × ${name}`, { example: JSON.stringify(example) })
  }
  t.ok(outcomes.size >= 25, `${outcomes.size} different answers in ${cases} cases`)
})
