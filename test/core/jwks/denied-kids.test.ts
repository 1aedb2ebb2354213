import t from 'tap'
import { createDeniedKids } from '../../../src/core/jwks/denied-kids.js'
import { createFamiliarSessions } from '../../../src/core/jwks/familiar-sessions.js'

// What is silenced for a while, and the clock.

const NOW_MS = 1_790_000_000_000
const HOUR_MS = 3_600_000

t.test('a kid is denied for longer each time, and by a clock that is set back no longer', async (t) => {
  const denied = createDeniedKids()
  t.notOk(denied.has('ins_1', NOW_MS))
  denied.add('ins_1', NOW_MS)
  t.ok(denied.has('ins_1', NOW_MS + 1_999))
  t.notOk(denied.has('ins_1', NOW_MS + 2_000))
  denied.add('ins_1', NOW_MS)
  t.ok(denied.has('ins_1', NOW_MS + 3_999))
  t.notOk(denied.has('ins_1', NOW_MS - HOUR_MS))
})

t.test(
  'a session that has asked in vain is heard again when the clock is set back by more than its silence',
  async (t) => {
    const familiar = createFamiliarSessions()
    familiar.witness('sess_1')
    t.ok(familiar.mayAsk('sess_1', NOW_MS))
    familiar.askedInVain('sess_1', NOW_MS)
    t.notOk(familiar.mayAsk('sess_1', NOW_MS + 599_999))
    t.ok(familiar.mayAsk('sess_1', NOW_MS + 600_000))
    t.ok(familiar.mayAsk('sess_1', NOW_MS - HOUR_MS))
  }
)
