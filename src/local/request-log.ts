import { checkChoice } from '../core/options/checks.js'

/** A request that reached the local instance. */
export interface LoggedRequest {
  readonly endpoint: Endpoint
  readonly method: string
  readonly url: string
  readonly atMs: number
  /** Null: no response, because the request is held or has failed. */
  status: number | null
}

export const ENDPOINTS = [
  'fapi-jwks',
  'bapi-jwks',
  'handshake',
  'handshake-payload',
  'refresh',
  'session-token',
  'revoke',
  'satellite-sync',
  'dev-browser',
  'sign-in',
  'sign-out',
  'environment',
  'client',
  'client-sign-in',
  'client-sign-up',
  'client-session',
  'client-token',
  'me',
  'package',
  'testing-token',
  'users',
  'sign-in-token',
  'api-key',
  'm2m-token',
  'oauth-token',
  'oauth-metadata',
  'oauth-register',
  'oauth-authorize',
  'oauth-issue',
  'unknown'
] as const

export type Endpoint = (typeof ENDPOINTS)[number]

/** Throws for a name of no endpoint, which would stand for no request. */
export function checkEndpoint(name: string, value: unknown): void {
  checkChoice({ name, value }, [...ENDPOINTS, 'jwks'])
}

/** The requests to the instance, oldest first. The newest 10,000 are kept. */
export interface RequestLog {
  readonly entries: readonly LoggedRequest[]
  /**
   * Requests since the start or the last `clear()`. `jwks` counts both key endpoints; without an argument, all count.
   */
  count(endpoint?: Endpoint | 'jwks'): number
  clear(): void
}

export interface WritableRequestLog extends RequestLog {
  add(entry: LoggedRequest): void
}

const maxEntries = 10_000

export function createRequestLog(): WritableRequestLog {
  const entries: LoggedRequest[] = []
  const counts = new Map<Endpoint, number>()
  let total = 0
  const of = (endpoint: Endpoint) => counts.get(endpoint) ?? 0

  return {
    entries,
    count(endpoint) {
      if (endpoint === undefined) return total
      checkEndpoint('count.endpoint', endpoint)
      return endpoint === 'jwks' ? of('fapi-jwks') + of('bapi-jwks') : of(endpoint)
    },
    clear() {
      entries.length = 0
      counts.clear()
      total = 0
    },
    add(entry) {
      entries.push(entry)
      if (entries.length > maxEntries) entries.shift()
      counts.set(entry.endpoint, of(entry.endpoint) + 1)
      total++
    }
  }
}
