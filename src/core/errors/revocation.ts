import { createError } from './create-error.js'

export const RevocationTargetError = createError(
  'FST_CLERK_REVOCATION_TARGET',
  'revoke needs one of { sessionId }, { userId }, { organizationId }, { organizationId, userId }, { tokenId } and { clientId }, each a text of 1 to 256 characters, or { everyone: true }; only may be "sessions" with userId, organizationId or everyone',
  500
)
export const RevocationTimeError = createError(
  'FST_CLERK_REVOCATION_TIME',
  'revoke: at must be a Date or milliseconds since the epoch, within the last year and not in the future',
  500
)
export const RedisClientError = createError(
  'FST_CLERK_REVOCATION_REDIS_CLIENT',
  '%s must be a client of ioredis 5, iovalkey or redis (node-redis) 5, or of a later version, not %s',
  500
)
export const PostgresPoolError = createError(
  'FST_CLERK_REVOCATION_POSTGRES_POOL',
  'pool must be a Pool of pg 8.11 or later, not %s: give new Pool({ connectionString })',
  500
)
export const RevocationBusPromiseError = createError(
  'FST_CLERK_REVOCATION_BUS_PROMISE',
  'The revocation bus breaks a promise: %s',
  500
)
