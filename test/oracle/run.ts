import { parseArgs } from 'node:util'
import fc from 'fast-check'
import { askBoth } from './ask.js'
import { startBackendStub } from './backend-stub.js'
import type { OracleCase } from './case.js'
import { compare, type Difference } from './compare.js'
import { explanation } from './deliberate.js'
import { oracleCase } from './generator.js'

// `npm run test:oracle -- --cases 20000 --seed 1`: every request through both, every difference explained or printed.

const { values } = parseArgs({
  options: { cases: { type: 'string', default: '20000' }, seed: { type: 'string', default: '1' } }
})
const print = console.log
for (const name of ['log', 'info', 'warn', 'error', 'debug'] as const) console[name] = () => {}

const stub = await startBackendStub()
const unexplained = new Map<string, { count: number; oracleCase: OracleCase; differences: Difference[] }>()
const explained = new Map<string, number>()
const outcomes = new Map<string, number>()
const cases = Number(values.cases)
const size = 1000

for (let done = 0; done < cases; done += size) {
  const batch = fc.sample(oracleCase, { seed: Number(values.seed) + done, numRuns: Math.min(size, cases - done) })
  for (const one of batch) await judge(one)
}

async function judge(one: OracleCase): Promise<void> {
  const { ours, theirs } = await askBoth(one, stub.origin)
  const outcome = `${ours.status} ${ours.reason}`
  outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
  const differences = compare(ours, theirs)
  if (differences.length === 0) return
  const deliberate = explanation(one, ours, theirs)
  if (deliberate !== undefined) {
    explained.set(deliberate.name, (explained.get(deliberate.name) ?? 0) + 1)
    return
  }
  const name = differences
    .map(({ field, ours, theirs }) => `${field}: ${short(ours)} | ${short(theirs)}`)
    .join('\n    ')
  const before = unexplained.get(name)
  if (before === undefined) unexplained.set(name, { count: 1, oracleCase: one, differences })
  else before.count++
}

function short(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text === undefined ? 'undefined' : text.length > 160 ? `${text.slice(0, 160)}…` : text
}

for (const [outcome, count] of [...outcomes].sort((a, b) => b[1] - a[1])) print(`${count}\t${outcome}`)
print(`${cases} cases, seed ${values.seed}`)
for (const [name, count] of explained) print(`deliberate ${count}\t${name}`)
let total = 0
for (const [name, { count, oracleCase: one }] of [...unexplained].sort((a, b) => b[1].count - a[1].count)) {
  total += count
  if (unexplained.size > 40 && count < 2) continue
  print(`DIFFERENCE ×${count}\n    ${name}\n  ${JSON.stringify(one)}`)
}
print(`${total} unexplained differences of ${unexplained.size} kinds`)
process.exit(total === 0 ? 0 : 1)
