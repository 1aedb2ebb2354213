// Loaded into each test process before the test (package.json, `tap`). A test fails that makes Node warn, of a leak of
// listeners, of something deprecated or experimental: a newcomer takes such lines of `npm test` for a fault, and often they are.
import process from 'node:process'

/** What tests use themselves, on purpose. */
const EXPECTED = [/MockTimers/]

const unexpected = []
process.on('warning', (warning) => {
  if (!EXPECTED.some((message) => message.test(warning.message))) unexpected.push(warning)
})
process.on('exit', () => {
  if (unexpected.length === 0) return
  process.exitCode = 1
  for (const warning of unexpected) process.stderr.write(`a test must not cause ${warning.stack}\n`)
})
