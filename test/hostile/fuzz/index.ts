import process from 'node:process'
import { readCorpus, writeCorpus } from './corpus.js'
import { distil, fuzz } from './fuzzer.js'
import { targets } from './targets.js'

// npm run fuzz -- --seconds 600 [--target cookies] [--seed 1] [--keep]: coverage-guided, until the time is up or something
// breaks. `--keep` adds what was found to the corpus that the tests run, an input that broke something included.

function argument(name: string): string | undefined {
  const index = process.argv.indexOf(`--${name}`)
  return index === -1 ? undefined : process.argv[index + 1]
}

const chosen = targets.filter(({ name }) => argument('target') === undefined || name === argument('target'))
const seed = Number(argument('seed') ?? Date.now() % 2 ** 32)
const maxMs = (Number(argument('seconds') ?? 60) * 1000) / chosen.length
const kept = new Map(readCorpus())
console.log(`seed ${seed}`)

for (const target of chosen) {
  const { name } = target
  const settings = { seed, maxRuns: Number.POSITIVE_INFINITY, maxMs, kept: kept.get(name) ?? [] }
  const { runs, blocks, corpus, failure } = await fuzz(target, settings)
  console.log(`${name}: ${runs} inputs, ${corpus.length} of them kept, ${blocks} blocks reached`)
  if (process.argv.includes('--keep')) {
    kept.set(name, failure === null ? await distil(target, corpus) : [...settings.kept, failure.input])
  }
  if (failure === null) continue
  console.error(`broken by ${JSON.stringify(failure.input.toString('latin1'))}`)
  console.error(`as base64: ${failure.input.toString('base64')}`)
  console.error(failure.error)
  process.exitCode = 1
}
if (process.argv.includes('--keep')) writeCorpus(kept)
