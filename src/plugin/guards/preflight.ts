import type { IncomingHttpHeaders } from 'node:http'

export interface PreflightRequest {
  readonly method: string
  readonly headers: IncomingHttpHeaders
  readonly routeOptions: { readonly method?: string | readonly string[] | undefined; readonly config?: unknown }
  readonly is404: boolean
}

/**
 * Whether a request is a CORS preflight as browsers send it (Fetch standard, section 4.8): without credentials, so that
 * a guard must not ask for them.
 *
 * Any client can send the headers of a preflight, so they pass only to routes for OPTIONS alone and to the not-found
 * handler. The handler of `fastify.all()` or of `method: ['POST', 'OPTIONS']` stays guarded.
 */
export function isCorsPreflight(request: PreflightRequest): boolean {
  if (request.method !== 'OPTIONS') return false
  const { headers } = request
  if (headers.origin === undefined || headers['access-control-request-method'] === undefined) return false
  if (headers.authorization !== undefined || headers['transfer-encoding'] !== undefined) return false
  if (headers['content-length'] !== undefined && headers['content-length'] !== '0') return false
  return request.is404 || servesOptionsAlone(request.routeOptions.method)
}

function servesOptionsAlone(method: string | readonly string[] | undefined): boolean {
  return typeof method === 'string' ? method === 'OPTIONS' : method?.length === 1 && method[0] === 'OPTIONS'
}
