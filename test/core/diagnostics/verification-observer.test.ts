import t from 'tap'
import { createVerificationObserver } from '../../../src/core/diagnostics/verification-observer.js'

const NOW_MS = 1_800_000_000_000
const MINUTE = 60_000

t.test('a line about the clock counts the tokens that were refused since the last such line', async (t) => {
  const counts: unknown[] = []
  const log = () => {}
  const observer = createVerificationObserver({
    instance: null,
    // This server is five minutes ahead.
    endpointOffsetMs: () => -5 * MINUTE,
    sawForeignIssuer: log,
    logger: { info: log, error: log, debug: log, warn: (fields) => counts.push((fields as { count?: unknown }).count) }
  })
  const refuse = (nowMs: number) => {
    const iat = (nowMs - 5 * MINUTE) / 1000
    observer.refused('token-expired', { sub: 'user_1', iat, nbf: iat, exp: iat + 60 }, nowMs, 5000)
  }
  // Every 70 s, so that no token comes exactly ten minutes after a line.
  for (let i = 0; i <= 18; i++) refuse(NOW_MS + i * 70_000)
  t.strictSame(counts, [1, 9, 9])
})
