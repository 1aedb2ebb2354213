// Loaded into each test process before the test (package.json, `tap`). With `CI` set, as in .ci/run, a test fails that makes Node
// warn of a leak of listeners or of something deprecated or experimental: a newcomer takes such lines of `npm test` for a fault,
// and often they are one. Newer versions of Node and of Fastify warn of more: there it is only said.
import process from 'node:process'

const isLowestNode = Number.parseInt(process.versions.node, 10) === 20
// Set by .ci/fastify-range.
const isInstalledFastify = process.env.FASTIFY_FOLDER === undefined

/** What tests use themselves, on purpose. Node would print it. */
const EXPECTED = [/^The MockTimers API is an experimental feature/]

let hasWarned = false

// In place of Node's own listener, which prints.
process.removeAllListeners('warning')
process.on('warning', (warning) => {
  if (EXPECTED.some((message) => message.test(warning.message))) return
  // The package's own: the tests that cause them ask for them.
  if (String(warning.code).startsWith('FST_CLERK_')) return
  hasWarned = true
  process.stderr.write(`Tests do not cause warnings: ${warning.stack}\n`)
})
process.on('exit', () => {
  if (hasWarned && process.env.CI && isLowestNode && isInstalledFastify) process.exitCode = 1
})
