import type { SignedInAuth } from '../auth/types.js'
import { logLine } from '../log-lines.js'
import type { Carried } from '../request/carried.js'
import { tryHandshake } from './handshake-attempt.js'
import { isOfActiveOrganization } from './organization-target.js'
import { MAX_REDIRECTS, redirectCount } from './redirect-counter.js'
import type { RequestState } from './request-state.js'
import type { StateContext } from './settings.js'

/**
 * The handshake that makes FAPI activate the organization of the URL (state/README.md row 16). Null: the request goes
 * on signed in, as that organization is active, the URL names none, or no redirect is possible.
 */
export function syncOrganization(context: StateContext, carried: Carried, auth: SignedInAuth): RequestState | null {
  const { organizationTarget } = context.settings
  if (organizationTarget === null || !context.settings.canHandshake) return null
  // A pending session has no organization until its tasks are done; neither has a session without a user.
  if (auth.sessionStatus === 'pending' || auth.userId === '') return null
  const target = organizationTarget(carried.url.pathname)
  if (target === null || isOfActiveOrganization(target, auth)) return null
  if (redirectCount(carried) >= MAX_REDIRECTS) {
    logLine(context.effects.log, 'organization-not-activated')
    return null
  }
  const state = tryHandshake(context, carried, 'active-organization-mismatch', '')
  return state.status === 'handshake' ? state : null
}
