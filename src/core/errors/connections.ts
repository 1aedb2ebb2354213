import { createError } from './create-error.js'

export const LifetimeRevokedError = createError(
  'FST_CLERK_LIFETIME_REVOKED',
  'The session of this connection was revoked: sign in again',
  401
)
export const LifetimeExpiredError = createError(
  'FST_CLERK_LIFETIME_EXPIRED',
  'The token of this connection ran out: renew it or connect again',
  401
)
