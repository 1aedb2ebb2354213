import process from 'node:process'
import t from 'tap'
import { fuzz } from './fuzzer.js'
import { targets } from './targets.js'

const maxMs = Number(process.env.HOSTILE_FUZZ_MS ?? 1500)
const seed = Number(process.env.HOSTILE_SEED ?? 1)

for (const target of targets) {
  t.test(`${target.name}: no input breaks it`, async (t) => {
    const { runs, blocks, failure } = await fuzz(target, { seed, maxRuns: 20_000, maxMs })
    t.comment(`${runs} inputs, ${blocks} blocks`)
    t.equal(failure?.input.toString('base64'), undefined, failure === null ? 'nothing found' : String(failure.error))
  })
}
