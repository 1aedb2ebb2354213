import t from 'tap'
import { createRefusalCount } from '../../../src/core/diagnostics/refusing-rules.js'

const NOW = Date.UTC(2026, 0, 1)

function createCount() {
  const lines: { fields: object; message: string }[] = []
  const none = () => {}
  const warn = (fields: object, message: string) => lines.push({ fields, message })
  return { lines, count: createRefusalCount({ info: none, error: none, debug: none, warn }) }
}

t.test('a rule that refuses many within a minute is told once, with count and option', async (t) => {
  const { lines, count } = createCount()
  for (let i = 0; i < 500; i++) count('token-invalid-authorized-parties', NOW + i * 1000)
  t.match(lines, [{ fields: { option: 'authorizedParties', count: 20 }, message: /azp is missing, or is an origin/ }])
  t.equal(lines.length, 1)
  for (let i = 0; i < 300; i++) count('token-invalid-authorized-parties', NOW + 600_000 + i * 1000)
  t.equal(lines.length, 2, 'and again after ten minutes, while it goes on')
})

t.test('few are not told, and each rule counts for itself', async (t) => {
  const { lines, count } = createCount()
  for (let i = 0; i < 200; i++) count('token-invalid-issuer', NOW + i * 10_000)
  for (let i = 0; i < 19; i++) count('token-invalid-authorized-parties', NOW)
  for (let i = 0; i < 100; i++) count('token-expired', NOW)
  t.strictSame(lines, [])
  for (let i = 0; i < 20; i++) count('token-verification-failed', NOW)
  t.match(lines, [{ fields: { option: 'audience' } }])
})

t.test('a clock that is set back silences nothing', async (t) => {
  const { lines, count } = createCount()
  for (let i = 0; i < 20; i++) count('token-invalid-issuer', NOW)
  for (let i = 0; i < 20; i++) count('token-invalid-issuer', NOW - 86_400_000)
  t.equal(lines.length, 2)
})
