import { parseArgs } from 'node:util'
import { startBackendStub } from './backend-stub.js'
import { judgeCases, shrink } from './judge.js'
import { closeServers } from './ours.js'

// `npm run test:oracle -- --cases 20000 --seed 1`: generated requests through a Fastify server with this plugin and through
// Clerk's own SDK. Every difference is explained by test/oracle/deliberate.ts or printed, and makes this fail.

const { values } = parseArgs({
  options: { cases: { type: 'string', default: '20000' }, seed: { type: 'string', default: '1' } }
})
const cases = Number(values.cases)
const seed = Number(values.seed)
const print = console.log
// Clerk's SDK writes a line for every second refusal.
for (const name of ['log', 'info', 'warn', 'error', 'debug'] as const) console[name] = () => {}

const stub = await startBackendStub()
const { outcomes, deliberate, unexplained } = await judgeCases(cases, seed, stub.origin)
const byCount = (a: [string, number], b: [string, number]) => b[1] - a[1]
for (const [outcome, count] of [...outcomes].sort(byCount)) print(`${count}\t${outcome}`)
for (const [name, count] of [...deliberate].sort(byCount)) print(`${count}\tdeliberate: ${name}`)
let different = 0
for (const [name, { count, example }] of unexplained) {
  different += count
  print(`\nDIFFERENCE, ${count} times\n    ${name}\n  ${JSON.stringify(example)}`)
}
if (different > 0) print(`\nsmallest: ${JSON.stringify(await shrink(cases, seed, stub.origin))}`)
print(`\n${cases} cases from seed ${seed}, ${outcomes.size} different answers, ${different} unexplained differences`)
await closeServers()
stub.close()
process.exitCode = different === 0 ? 0 : 1
