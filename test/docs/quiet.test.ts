import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'

const preload = new URL('../../../.ci/quiet.mjs', import.meta.url).href
const cwd = fileURLToPath(new URL('../../../', import.meta.url))

/** How a process ends that is started as tap starts test files. */
async function outcomeOf(program: string, CI = 'true'): Promise<{ readonly code: number; readonly stderr: string }> {
  const args = [`--import=${preload}`, '--input-type=module', '--eval', program]
  return promisify(execFile)(process.execPath, args, {
    cwd,
    env: { ...process.env, CI, FASTIFY_FOLDER: undefined }
  }).then(
    ({ stderr }) => ({ code: 0, stderr }),
    (error: { code: number; stderr: string }) => error
  )
}

t.test('a test process that makes Node warn fails, and says of what', async (t) => {
  const failure = process.version.startsWith('v20.') ? 1 : 0
  for (const [program, message] of [
    [
      'import { EventEmitter } from "node:events"; const e = new EventEmitter(); for (let i = 0; i < 11; i++) e.on("x", () => {})',
      'MaxListenersExceededWarning'
    ],
    ['process.emitWarning("old", "DeprecationWarning", "DEP9999")', 'DeprecationWarning: old'],
    ['process.emitWarning("new", "ExperimentalWarning")', 'ExperimentalWarning: new']
  ] as const) {
    t.match(await outcomeOf(program), { code: failure, stderr: message }, message)
    t.match(await outcomeOf(program, ''), { code: 0, stderr: message }, `${message}, without CI`)
  }
})

t.test('what tests use on purpose is not printed', async (t) => {
  const program = 'import { mock } from "node:test"; mock.timers.enable({ apis: ["Date"] }); mock.timers.reset()'
  t.strictSame(await outcomeOf(program), { code: 0, stderr: '' })
  t.match(await outcomeOf('process.exitCode = 3'), { code: 3 })
})

t.test('tap loads it into each test process', async (t) => {
  t.ok(process.execArgv.some((argument) => argument.includes('quiet.mjs')) || process.env.TAP === undefined)
})
