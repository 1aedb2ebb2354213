import { isUnchecked } from '../authorized-parties.js'
import { logLine } from '../log-lines.js'
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
    logLine(logger, isRefused ? 'cookie-without-azp-refused' : 'cookie-without-azp-accepted', {
      claim: 'azp',
      option: 'authorizedParties'
    })
  }
}
