import t from 'tap'
import { loopCause } from '../../../src/core/state/loop-cause.js'

const OWN = 'abcdefgh'

function causeOf(reason: string, cookieHeader = '', isSatellite = false, clockOffsetMs: number | null = null): string {
  return loopCause({ reason, cookieHeader, cookieSuffix: OWN, isSatellite, clockOffsetMs })
}

const everyCause = /authorizedParties|different instances|4 KB|blocks cookies|sibling|satellite|clock/g

t.test('the cause of a loop is named alone where the request shows it', async (t) => {
  for (const [cause, named] of [
    [causeOf('token-invalid-authorized-parties'), ['authorizedParties']],
    [causeOf('jwk-kid-mismatch'), ['different instances']],
    [causeOf('token-invalid-signature'), ['different instances']],
    [causeOf('session-token-iat-before-client-uat', '__client_uat_zzzzzzzz=5'), ['sibling']],
    [causeOf('session-token-but-no-client-uat', '__session=a; __session_zzzzzzzz=b'), ['sibling']],
    [causeOf('satellite-needs-syncing', '', true), ['satellite']],
    [causeOf('session-token-and-uat-missing', '', true), ['satellite']],
    [causeOf('session-token-iat-in-the-future'), ['clock']]
  ] as const) {
    t.same([...new Set(cause.match(everyCause))], named, cause)
  }
})

t.test('where nothing shows the cause, the candidates are listed', async (t) => {
  t.match(causeOf('client-uat-but-no-session-token'), /4 KB.*blocks cookies/)
  t.match(causeOf('session-token-and-uat-missing'), /blocks cookies.*satellite that is not configured/)
  t.match(causeOf('session-token-iat-before-client-uat', `__client_uat_${OWN}=5`), /different instances.*clock/)
  t.match(
    causeOf('session-token-expired-refresh-non-eligible-no-refresh-cookie'),
    /cookies that do not come back.*clock/
  )
})

t.test('a clock that is known to be wrong is named alone, and one that is right is not', async (t) => {
  for (const reason of ['session-token-expired-refresh-non-eligible-no-refresh-cookie', 'token-expired']) {
    t.equal(
      causeOf(reason, '', false, -3_600_000),
      'The session token has expired by the clock of this server, which is ahead of that of Clerk. Synchronise it (NTP).'
    )
    for (const offsetMs of [null, 0, -1000, 3_600_000]) {
      t.match(causeOf(reason, '', false, offsetMs), /cookies that do not come back/, String(offsetMs))
    }
  }
  t.match(causeOf('jwk-kid-mismatch', '', false, -3_600_000), /different instances/)
})

t.test('a browser that sends cookies by which it is signed out is not said to send none', async (t) => {
  for (const cookies of [
    '__client_uat=0',
    `a=b; __client_uat_${OWN}=0; __clerk_db_jwt=dvb_1`,
    `__client_uat_${OWN}=0 ;c`
  ]) {
    const cause = causeOf('session-token-and-uat-missing', cookies)
    t.match(cause, /signed out \(__client_uat is 0\)/, cookies)
    t.notMatch(cause, /no cookie of Clerk/)
  }
  t.match(causeOf('session-token-and-uat-missing', 'a__client_uat=0'), /no cookie of Clerk/)
})
