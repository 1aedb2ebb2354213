import process from 'node:process'
import { fuzz } from './fuzzer.js'
import { targets } from './targets.js'

// npm run fuzz -- --seconds 600 [--target cookies] [--seed 1]: coverage-guided, until the time is up or something breaks.

function argument(name: string): string | undefined {
  const index = process.argv.indexOf(`--${name}`)
  return index === -1 ? undefined : process.argv[index + 1]
}

const chosen = targets.filter(({ name }) => argument('target') === undefined || name === argument('target'))
const seed = Number(argument('seed') ?? Date.now() % 2 ** 32)
const maxMs = (Number(argument('seconds') ?? 60) * 1000) / chosen.length
console.log(`seed ${seed}`)

for (const target of chosen) {
  const { runs, blocks, corpus, failure } = await fuzz(target, { seed, maxRuns: Number.POSITIVE_INFINITY, maxMs })
  console.log(`${target.name}: ${runs} inputs, ${corpus.length} of them kept, ${blocks} blocks reached`)
  if (failure === null) continue
  console.error(`broken by ${JSON.stringify(failure.input.toString('latin1'))}`)
  console.error(`as base64: ${failure.input.toString('base64')}`)
  console.error(failure.error)
  process.exitCode = 1
}
