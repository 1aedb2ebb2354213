import t from 'tap'
import { loopCause } from '../../../src/core/state/loop-cause.js'

const OWN = 'abcdefgh'

function causeOf(reason: string, cookieHeader = '', isSatellite = false): string {
  return loopCause({ reason, cookieHeader, cookieSuffix: OWN, isSatellite })
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
