import type { BusAwayCause } from '../core/revocation/bus.js'

/** By SQLSTATE, the error codes of PostgreSQL, whole or by its class; and by the codes of Node. */
const BY_CODE: readonly (readonly [RegExp, BusAwayCause])[] = [
  [/^28/, 'authentication'],
  [/^42501$/, 'permission'],
  [/^25006$/, 'read-only'],
  [/^57014$/, 'timeout'],
  [/^(40...|57P03|53300|55P03)$/, 'unready'],
  [/^57P/, 'closed'],
  // A table or column that is missing or of another type, no such database, no room on the disk.
  [/^(42|3D|3F|53)/, 'unusable'],
  [/^08/, 'closed'],
  [/^ECONNREFUSED$/, 'refused'],
  [/^(ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|ENOENT)$/, 'unreachable'],
  [/^ETIMEDOUT$/, 'timeout'],
  [/^(ECONNRESET|EPIPE|ECONNABORTED)$/, 'closed']
]

/** By text, for errors of `pg` that have no code. */
const BY_TEXT: readonly (readonly [RegExp, BusAwayCause])[] = [
  [/SASL|password/i, 'authentication'],
  [/timeout/i, 'timeout'],
  [/terminated|closed|ended/i, 'closed']
]

/** The word for an error of `pg` or PostgreSQL. */
export function postgresAwayCause(error: unknown): BusAwayCause {
  if (typeof error !== 'object' || error === null) return 'unknown'
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown }
  const found =
    typeof code === 'string'
      ? BY_CODE.find(([pattern]) => pattern.test(code))
      : BY_TEXT.find(([pattern]) => pattern.test(String(message)))
  return found?.[1] ?? 'unknown'
}
