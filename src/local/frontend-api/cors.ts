import type { LocalRequest } from '../http.js'

const EXPOSED = 'Authorization, Clerk-Db-Jwt, X-Country, Retry-After'

/**
 * The response as a page of another origin can read it, unless it says itself which may. Which origins may ask at all is
 * decided before. The key set says nothing about its age, so that whoever fetches it keeps it for as long as it keeps Clerk's.
 */
export function withCors(request: Pick<LocalRequest, 'headers'>, response: Response, isKeySet = false): Response {
  const origin = request.headers.get('origin')
  if (response.headers.has('access-control-allow-origin')) return response
  const headers = new Headers(response.headers)
  headers.append('vary', 'Origin')
  if (!isKeySet && !headers.has('cache-control')) headers.set('cache-control', 'no-store')
  if (origin !== null) {
    headers.set('access-control-allow-origin', origin)
    headers.set('access-control-allow-credentials', 'true')
    headers.set('access-control-expose-headers', EXPOSED)
  }
  return new Response(response.body, { status: response.status, headers })
}

/** The answer to a preflight. clerk-js sends none, a native client does. */
export function preflight(request: Pick<LocalRequest, 'headers'>): Response {
  const asked = request.headers.get('access-control-request-headers')
  const headers = new Headers({
    'access-control-allow-methods': 'GET, POST, PATCH, PUT, DELETE',
    'access-control-max-age': '600',
    ...(asked !== null && { 'access-control-allow-headers': asked })
  })
  return new Response(null, { status: 204, headers })
}
