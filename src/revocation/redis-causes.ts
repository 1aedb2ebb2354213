import type { BusAwayCause } from '../core/revocation/bus.js'

/** Thrown by this package for a call without an answer. */
export const NO_ANSWER = 'timeout: no answer from Redis'

/**
 * By the error codes of Redis and of Node, and by the texts of clients where they put neither into an error. The first
 * that fits counts: an answer of the server says more than what became of the connection.
 */
const CAUSES: readonly (readonly [RegExp, BusAwayCause])[] = [
  [/\b(NOAUTH|WRONGPASS|DENIED)\b|invalid password|\bAUTH\b.*\bcalled\b/, 'authentication'],
  [/\bNOPERM\b/, 'permission'],
  [/\b(MOVED|ASK|CROSSSLOT)\b/, 'moved'],
  [/\bREADONLY\b/, 'read-only'],
  [/\b(LOADING|CLUSTERDOWN|MASTERDOWN|TRYAGAIN|BUSY)\b|no valid master/, 'unready'],
  [/\b(WRONGTYPE|OOM|MISCONF|NOREPLICAS|EXECABORT)\b|unknown command|wrong number of arguments/, 'unusable'],
  [/\bECONNREFUSED\b/, 'refused'],
  [/\b(ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|ENOENT)\b/, 'unreachable'],
  [/\bETIMEDOUT\b|time(d )?-?out/i, 'timeout'],
  [/\b(ECONNRESET|EPIPE|ECONNABORTED)\b|clos(ed|ing)|disconnect/i, 'closed'],
  [/unreachable|sentinels are available|root ?nodes?/i, 'unreachable']
]

/** The word for an error of a Redis client. */
export function redisAwayCause(error: unknown): BusAwayCause {
  const text = textsOf(error, 0).join('\n')
  return CAUSES.find(([pattern]) => pattern.test(text))?.[1] ?? 'unknown'
}

/** Clients wrap errors: one for all addresses of a name, for the nodes of a cluster, for the last of many attempts. */
function textsOf(error: unknown, depth: number): string[] {
  if (typeof error !== 'object' || error === null) return [String(error)]
  if (depth > 4) return []
  const { code, name, message, cause, errors, lastNodeError } = error as Readonly<Record<string, unknown>>
  const inner = [cause, lastNodeError, ...(Array.isArray(errors) ? errors : [])].filter((each) => each !== undefined)
  return [`${code} ${name} ${message}`, ...inner.flatMap((each) => textsOf(each, depth + 1))]
}
