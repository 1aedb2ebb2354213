import type { FlightWatch } from '../../test/fixtures/flight-watch.js'
import type { SimulatedTime } from '../../test/fixtures/simulated-time.js'
import type { Latency } from './latency.js'

/** What the key endpoint does with a request. */
export type EndpointMood = 'answers' | 'fails' | 'hangs'

/** The modelled key endpoint of one Clerk instance, which all processes of the fleet ask. */
export interface ModelEndpoint {
  readonly fetch: typeof globalThis.fetch
  /** When each request arrived, in ms since the beginning of the simulation; in order. */
  readonly arrivalsMs: readonly number[]
  readonly counts: Readonly<EndpointCounts>
  mood: EndpointMood
  /** Publishes one more key. Of all of them the newest three stay. */
  publish(jwk: object): void
}

export interface EndpointCounts {
  answered: number
  notModified: number
  failed: number
  limited: number
  /** Given up by the process that asked. */
  aborted: number
}

export interface EndpointModel {
  readonly time: SimulatedTime
  readonly flights: FlightWatch
  readonly latency: Latency
  /** Most requests in any ten seconds; beyond it 429 with `Retry-After`. `Infinity`: no limit. */
  readonly limit: number
}

const WINDOW_MS = 10_000
const KEPT_KEYS = 3

export function createModelEndpoint({ time, flights, latency, limit }: EndpointModel): ModelEndpoint {
  const startMs = time.now()
  const arrivalsMs: number[] = []
  const counts: EndpointCounts = { answered: 0, notModified: 0, failed: 0, limited: 0, aborted: 0 }
  let keys: object[] = []
  let body = ''
  let etag = ''
  let revision = 0
  let windowEndMs = 0
  let inWindow = 0

  function answer(sentEtag: string | undefined): Response {
    if (endpoint.mood === 'fails') {
      counts.failed++
      return new Response('', { status: 503 })
    }
    const nowMs = time.now()
    if (nowMs >= windowEndMs) {
      windowEndMs = nowMs + WINDOW_MS
      inWindow = 0
    }
    if (++inWindow > limit) {
      counts.limited++
      const seconds = Math.ceil((windowEndMs - nowMs) / 1000)
      return new Response('', { status: 429, headers: { 'retry-after': String(seconds) } })
    }
    const headers = { 'cache-control': 'max-age=300', 'content-type': 'application/json', etag }
    if (sentEtag === etag) {
      counts.notModified++
      return new Response(null, { status: 304, headers })
    }
    counts.answered++
    return new Response(body, { headers })
  }

  async function respond(init: RequestInit | undefined): Promise<Response> {
    arrivalsMs.push(time.now() - startMs)
    const signal = init?.signal ?? undefined
    const sent = new Headers(init?.headers).get('if-none-match') ?? undefined
    // The endpoint decides when the request arrives; the answer travels for the rest of the latency.
    const response = endpoint.mood === 'hangs' ? null : answer(sent)
    return new Promise((resolve, reject) => {
      let isOver = false
      signal?.addEventListener('abort', () => {
        if (isOver) return
        if (response === null) counts.aborted++
        reject(signal.reason)
      })
      if (response === null) return
      time.setTimer(() => {
        isOver = true
        resolve(response)
      }, latency())
    })
  }

  const endpoint: ModelEndpoint = {
    fetch: (_url, init) => flights.away(respond(init), init?.signal ?? undefined),
    arrivalsMs,
    counts,
    mood: 'answers',
    publish(jwk) {
      keys = [...keys, jwk].slice(-KEPT_KEYS)
      body = JSON.stringify({ keys })
      etag = `"${++revision}"`
    }
  }
  return endpoint
}
