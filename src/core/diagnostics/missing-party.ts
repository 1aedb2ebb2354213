import { isUnchecked } from '../authorized-parties.js'
import type { Logger } from '../logger.js'
import type { Stats } from '../stats.js'
import type { ClaimRules } from '../token/claims.js'

/**
 * Counts session tokens of cookies that have no `azp`, and warns of the first. Browsers get theirs with the page's origin, so a
 * token without it says that `authorizedParties` would refuse, or refuses, users. A token of a header may come from an
 * application without an origin, and is no cause to warn.
 */
export function createMissingPartyCount(
  logger: Logger,
  counters: Stats,
  { authorizedParties, reportOnly }: Pick<ClaimRules, 'authorizedParties' | 'reportOnly'>
): () => void {
  const isRefused = !isUnchecked(authorizedParties) && !reportOnly.authorizedParties
  return () => {
    if (counters.cookieTokensWithoutAzp++ > 0) return
    logger.warn({ claim: 'azp', option: 'authorizedParties' }, isRefused ? REFUSED : ACCEPTED)
  }
}

const ACCEPTED =
  'Clerk: a session cookie has a token without azp. It is accepted, and authorizedParties would refuse it: stats().cookieTokensWithoutAzp counts them before you set the option.'
const REFUSED =
  'Clerk: a session cookie has a token without azp, which authorizedParties refuses. If that signs users out, list authorizedParties in reportOnly: stats().cookieTokensWithoutAzp counts such tokens.'
