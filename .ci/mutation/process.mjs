// A process of the runner: answers each order, one at a time, with how the tests went.
import { register } from 'node:module'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'

register('./loader.mjs', import.meta.url)

// Lasts as long as the process: tap does not let messages keep it, and takes tests that have all ended to be the end.
setInterval(() => {}, 1_000_000)
t.test('runs', (t) => {
  let runs = 0
  process.on('message', async ({ files, activeMutant, hitLimit }) => {
    const mutation = { activeMutant, ...(hitLimit === undefined ? {} : { hitLimit, hitCount: 0 }) }
    globalThis.__stryker__ = mutation
    runs++
    const outcome = await outcomeOf(t, files, `?run=${runs}`)
    const timeout = mutation.hitCount > hitLimit ? 'hit limit' : undefined
    process.send({ result: { ...outcome, timeout, coverage: activeMutant ? undefined : mutation.mutantCoverage } })
  })
  return new Promise(() => {})
})

async function outcomeOf(t, files, run) {
  let failure
  let isRun = false
  await t.test(run, async (t) => {
    isRun = true
    const running = []
    const { test } = t
    t.test = (...args) => {
      const body = args.pop()
      const result = test.call(t, ...args, (t) => (failure === undefined ? body(t) : t.end()))
      const note = ({ ok }) => {
        if (!ok) failure ??= String(args[0])
      }
      running.push(result.then(note))
      return result
    }
    globalThis.tapOfRun = t
    for (const file of files) {
      process.send({ started: file })
      await import(pathToFileURL(resolve(file)).href + run).catch((error) => {
        failure ??= String(error)
      })
      while (running.length > 0) await running.shift()
      if (!t.passing()) failure ??= 'not passing'
      if (failure !== undefined) break
    }
  })
  return isRun ? { failure } : { error: 'tap has ended' }
}
