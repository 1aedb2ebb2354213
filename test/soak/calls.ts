import { Rates } from './peaks.js'
import { type Peak, STRANGER_SESSION } from './protocol.js'

// Calls to Clerk, counted where they leave the process, by the names of the ceilings in SECURITY.md.

export interface Calls {
  /** The `fetch` of one instance. */
  fetchOf(instance: string): typeof globalThis.fetch
  peaks(): Record<string, Peak>
}

/** Room of their own have the refreshes of users, and API keys that were good before: such calls are not counted. */
export function countCalls(apiKeys: readonly string[]): Calls {
  const known = new Set(apiKeys)
  const rates = new Rates()

  function namesOf(url: string, body: unknown): string[] {
    const { pathname } = new URL(url)
    if (pathname.includes('jwks')) return ['key fetches']
    if (pathname.endsWith('/handshake_payload')) return ['calls for handshake nonces']
    const [, sessionId] = /\/sessions\/([^/]+)\/refresh$/.exec(pathname) ?? []
    if (sessionId !== undefined) {
      const ofSession = `calls for session refreshes of one session\n${sessionId}`
      return sessionId.startsWith(STRANGER_SESSION) ? ['calls for session refreshes', ofSession] : [ofSession]
    }
    if (!pathname.endsWith('/verify')) return [`calls to ${pathname}`]
    const { secret } = JSON.parse(String(body)) as { secret?: string }
    return secret !== undefined && known.has(secret) ? [] : ['calls for opaque machine tokens']
  }

  return {
    fetchOf: (instance) => (resource, init) => {
      let call = globalThis.fetch(resource, init)
      const url = resource instanceof Request ? resource.url : String(resource)
      for (const name of namesOf(url, init?.body)) call = rates.of(`${name}\n${instance}`).during(call)
      return call
    },
    peaks() {
      const peaks: Record<string, Peak> = {}
      for (const [key, { peak }] of rates.entries()) {
        const [name = ''] = key.split('\n')
        const { perMinute = 0, atOnce = 0 } = peaks[name] ?? {}
        peaks[name] = { perMinute: Math.max(perMinute, peak.perMinute), atOnce: Math.max(atOnce, peak.atOnce) }
      }
      return peaks
    }
  }
}
