// npm run bench [-- PART… | against REV] [--short] [--out FOLDER] [--store] [--only CONTENDER]
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { contenders } from './contenders/index.js'
import { faultContenders } from './faults/contenders.js'
import { describeEnvironment } from './measure/environment.js'
import { parts } from './parts/index.js'
import { writePage } from './report/page.js'
import type { BenchResult, PartResult } from './report/result.js'
import { formatTable } from './report/table.js'
import { readSettings } from './settings.js'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    short: { type: 'boolean', default: false },
    out: { type: 'string', default: '.build/bench-results' },
    store: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: [] }
  }
})

const [first, revision] = positionals
const isAgainst = first === 'against'
if (isAgainst && revision === undefined) fail('against needs a revision: npm run bench -- against main~1')
const chosen = isAgainst
  ? ['against']
  : positionals.length > 0
    ? positionals
    : [...parts.keys()].filter((name) => name !== 'against')
for (const name of chosen) {
  if (!parts.has(name)) fail(`There is no part called ${name}. Parts: ${[...parts.keys()].join(', ')}`)
}

const settings = readSettings('.benchrc', values.short)
const packages = [...contenders, ...faultContenders].flatMap(({ packageName }) => packageName ?? [])
const environment = describeEnvironment([...new Set([...packages, 'lru-cache', 'autocannon', 'tinybench'])])
if (environment.loadBefore > 0.5 && !values.short) {
  console.error(`The machine is busy (load ${environment.loadBefore.toFixed(2)}): expect a wide spread.`)
}

const finished: PartResult[] = []
for (const name of chosen) {
  const result = await parts.get(name)?.({
    settings,
    isShort: values.short,
    only: values.only,
    revision: revision ?? 'HEAD'
  })
  if (result === undefined) continue
  finished.push(result)
  for (const table of result.tables) console.log(formatTable(table))
}

const command = `npm run bench${positionals.length > 0 ? ` -- ${positionals.join(' ')}` : ''}`
const result: BenchResult = { environment, settings, isShort: values.short, command, parts: finished }
const folder = values.store ? 'bench/results' : values.out
const name = chosen.length === 1 ? (chosen[0] as string) : 'all'
mkdirSync(folder, { recursive: true })
writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(result, null, 2)}\n`)
console.log(`Written: ${join(folder, name)}.json and ${writePage(result, values.out, name)}`)
process.exitCode = 0

function fail(message: string): never {
  console.error(message)
  process.exit(2)
}
