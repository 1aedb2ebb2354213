import { type FaultScript, untilAborted } from './faults.js'
import { applyFault } from './faulty-response.js'
import { preflight, withCors } from './frontend-api/cors.js'
import type { LoggedRequest, WritableRequestLog } from './request-log.js'
import { findRoute } from './routes.js'
import type { LocalState } from './state.js'

export interface Dispatcher {
  readonly state: LocalState
  readonly faults: FaultScript
  readonly requests: WritableRequestLog
  /** Aborts the requests under way when the instance closes. */
  readonly closing: AbortSignal
}

/**
 * Answers a request to the instance: logs it, waits while its endpoint is held, then applies a fault or the endpoint.
 */
export async function dispatch(dispatcher: Dispatcher, request: Request): Promise<Response> {
  const { state, faults, requests, closing } = dispatcher
  const url = new URL(request.url)
  const { endpoint, handler, params } = findRoute(methodOf(request, url), url.pathname)
  const entry: LoggedRequest = { endpoint, method: request.method, url: request.url, atMs: state.now(), status: null }
  requests.add(entry)

  const signal = AbortSignal.any([request.signal, closing])
  const body = await request.text()
  await faults.pass(endpoint, signal)
  if (request.method === 'OPTIONS' && endpoint === 'unknown') {
    entry.status = 204
    return withCors(request, preflight(request))
  }
  const respond = () => handler({ method: request.method, url, headers: request.headers, body, params }, state)
  const fault = faults.take(endpoint)
  const response = await untilAborted(
    Promise.resolve(fault === undefined ? respond() : applyFault(fault, respond, signal)),
    signal
  )
  entry.status = response.status
  return withCors(request, response, endpoint === 'fapi-jwks' || endpoint === 'bapi-jwks')
}

/** clerk-js sends PATCH, PUT and DELETE as a POST whose query names the method: that needs no preflight. */
function methodOf({ method }: Request, url: URL): string {
  const named = method === 'POST' ? url.searchParams.get('_method') : null
  return named === 'PATCH' || named === 'PUT' || named === 'DELETE' ? named : method
}

/** A `fetch` that answers for the given hosts without a socket and rejects for all others. */
export function createMountedFetch(
  handle: (request: Request) => Promise<Response>,
  hosts: () => readonly string[]
): typeof fetch {
  return async function mountedFetch(input, init) {
    const request = new Request(input, init)
    if (!hosts().includes(new URL(request.url).host)) {
      throw new TypeError('fetch failed', { cause: new Error('the local Clerk answers for its own hosts only') })
    }
    const response = await handle(request)
    if (response.status < 300 || response.status > 399 || request.redirect === 'manual') return response
    if (request.redirect === 'error') throw new TypeError('fetch failed', { cause: new Error('unexpected redirect') })
    return mountedFetch(new URL(response.headers.get('location') ?? '/', request.url), undefined)
  }
}
