// Runs the test files that reach a mutant in a process that has its packages loaded already, up to the first that
// fails: starting tap and Fastify for every file of every mutant takes many times as long as the tests do.
import { fork } from 'node:child_process'
import { resolve } from 'node:path'
import { performance } from 'node:perf_hooks'

const PROCESS = new URL('process.mjs', import.meta.url)

class TapProcessRunner {
  static inject = ['options']

  #testsOf
  #runsPerProcess
  #child = null
  #runs = 0
  #times = new Map()
  #kills = new Map()

  constructor({ tapProcess: { tests, runsPerProcess } }) {
    // The most specific first.
    this.#testsOf = Object.entries(tests).sort(([a], [b]) => b.length - a.length)
    this.#runsPerProcess = runsPerProcess
  }

  capabilities() {
    return { reloadEnvironment: true }
  }

  async init() {}

  async dispose() {
    this.#stop()
  }

  async dryRun({ timeout, files }) {
    const tests = []
    const perTest = {}
    for (const file of this.#filesFor(files)) {
      const startMs = performance.now()
      const { failure, error = failure, coverage } = await this.#run({ files: [file] }, timeout)
      if (error !== undefined) return { status: 'error', errorMessage: `${file}: ${error}` }
      const timeSpentMs = performance.now() - startMs
      this.#times.set(file, timeSpentMs)
      perTest[file] = coverage?.static ?? {}
      tests.push({ id: file, name: file, fileName: sourceOf(file), timeSpentMs, status: 0 })
    }
    return { status: 'complete', tests, mutantCoverage: { static: {}, perTest } }
  }

  async mutantRun({ activeMutant, testFilter, hitLimit, timeout }) {
    const files = this.#ordered(testFilter ?? this.#filesFor(), activeMutant.fileName)
    if (files.length === 0) return { status: 'survived', nrOfTests: 0 }
    const result = await this.#run({ files, activeMutant: activeMutant.id, hitLimit }, timeout * 0.9)
    if (result.error !== undefined) return { status: 'error', errorMessage: result.error }
    if (result.timeout !== undefined) return { status: 'timeout', reason: result.timeout }
    if (result.failure === undefined) return { status: 'survived', nrOfTests: files.length }
    const killed = `${activeMutant.fileName} ${result.file}`
    this.#kills.set(killed, (this.#kills.get(killed) ?? 0) + 1)
    const nrOfTests = files.indexOf(result.file) + 1
    return { status: 'killed', killedBy: [result.file], failureMessage: result.failure, nrOfTests }
  }

  /** Tests of the sources that have mutants; of all when it is not known which have. */
  #filesFor(sources) {
    const tests = this.#testsOf.filter(([prefix]) => sources?.some((source) => source.includes(prefix)) ?? true)
    return [...new Set(tests.flatMap(([, names]) => names.map(compiledOf)))]
  }

  /** Those that are quick and have killed mutants of this source before go first. */
  #ordered(covering, source) {
    const tests = this.#testsOf.find(([prefix]) => source.includes(prefix))[1].map(compiledOf)
    const files = covering.filter((file) => tests.includes(file))
    const worth = (file) => (1 + (this.#kills.get(`${source} ${file}`) ?? 0)) / (this.#times.get(file) ?? 1000)
    return files.toSorted((a, b) => worth(b) - worth(a))
  }

  async #run(order, timeout) {
    if (this.#runs++ % this.#runsPerProcess === 0) this.#stop()
    this.#child ??= fork(PROCESS, {
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      // How long a file may take is the runner's affair; a process lives through many.
      env: { ...process.env, TAP_TIMEOUT: '0' }
    })
    const limitOf = (file) => (this.#times.has(file) ? 3000 + 8 * this.#times.get(file) : timeout)
    const result = await answerOf(this.#child, order, limitOf)
    if (result.timeout !== undefined || result.error !== undefined || result.exited) this.#stop()
    return result
  }

  #stop() {
    this.#child?.kill('SIGKILL')
    this.#child = null
  }
}

function answerOf(child, order, limitOf) {
  return new Promise((resolve) => {
    let file = order.files[0]
    let isStarted = false
    let timer = setTimeout(() => done({ timeout: file }), limitOf(file))
    const done = (result) => {
      clearTimeout(timer)
      child.removeAllListeners()
      resolve({ file, ...result })
    }
    // tap sends messages of its own.
    child.on('message', ({ started, result }) => {
      if (started !== undefined) {
        file = started
        isStarted = true
        clearTimeout(timer)
        timer = setTimeout(() => done({ timeout: file }), limitOf(file))
      }
      if (result !== undefined) done(result)
    })
    child.on('exit', (code, signal) => {
      const exit = `exit ${code ?? signal}`
      done(isStarted ? { failure: exit, exited: true } : { error: exit })
    })
    child.send(order)
  })
}

function compiledOf(test) {
  return `.build/test/${test}.test.js`
}

function sourceOf(file) {
  return resolve(file.replace('.build/', '').replace(/\.js$/, '.ts'))
}

export const strykerPlugins = [{ kind: 'TestRunner', name: 'tap-process', injectableClass: TapProcessRunner }]
export const strykerValidationSchema = {
  properties: {
    tapProcess: {
      type: 'object',
      properties: {
        runsPerProcess: { type: 'integer' },
        tests: { type: 'object', additionalProperties: { type: 'array', items: { type: 'string' } } }
      }
    }
  }
}
