import process from 'node:process'
import t from 'tap'
import { readCorpus } from './corpus.js'
import { fuzz } from './fuzzer.js'
import { targets } from './targets.js'

const maxMs = Number(process.env.HOSTILE_FUZZ_MS ?? 1500)
const seed = Number(process.env.HOSTILE_SEED ?? 1)

const corpus = readCorpus()

t.test('every target has a corpus that is run before anything new', async (t) => {
  t.same([...corpus.keys()].sort(), targets.map(({ name }) => name).sort())
})

for (const target of targets) {
  t.test(`${target.name}: no input breaks it`, async (t) => {
    const kept = corpus.get(target.name) ?? []
    const { runs, blocks, failure } = await fuzz(target, { seed, maxRuns: 20_000, maxMs, kept })
    t.comment(`${runs} inputs, ${kept.length} of them kept from before, ${blocks} blocks`)
    t.equal(failure?.input.toString('base64'), undefined, failure === null ? 'nothing found' : String(failure.error))
  })
}
