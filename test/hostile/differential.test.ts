import process from 'node:process'
import t from 'tap'
import { runDifferential } from './differential.js'

const cases = Number(process.env.HOSTILE_DIFFERENTIAL_CASES ?? 4000)
const seed = Number(process.env.HOSTILE_SEED ?? 1)

t.test(
  `of ${cases} valid and mutated tokens none is accepted that jose, fast-jwt or @clerk/backend refuse`,
  async (t) => {
    const { accepted, acceptedAlone } = await runDifferential(cases, seed)
    t.ok(accepted > cases / 50, `${accepted} were accepted by all`)
    t.same(acceptedAlone.slice(0, 5), [])
  }
)
