import { keySet, withSecretKey } from './backend-api.js'
import type { Endpoint } from './request-log.js'
import type { Handler } from './state.js'

interface Route {
  readonly endpoint: Endpoint
  readonly method: string
  readonly segments: readonly string[]
  readonly handler: Handler
}

const routes: readonly Route[] = [
  route('fapi-jwks', 'GET', '/.well-known/jwks.json', keySet),
  route('bapi-jwks', 'GET', '/v1/jwks', withSecretKey(keySet))
]

export interface RouteMatch {
  readonly endpoint: Endpoint
  readonly handler: Handler
  readonly params: Readonly<Record<string, string>>
}

const unknown: RouteMatch = {
  endpoint: 'unknown',
  handler: () => Response.json({ errors: [{ code: 'resource_not_found', message: 'not found' }] }, { status: 404 }),
  params: {}
}

export function findRoute(method: string, pathname: string): RouteMatch {
  const segments = pathname.split('/').slice(1)
  for (const candidate of routes) {
    const params = candidate.method === method ? matchSegments(candidate.segments, segments) : null
    if (params !== null) return { endpoint: candidate.endpoint, handler: candidate.handler, params }
  }
  return unknown
}

function route(endpoint: Endpoint, method: string, path: string, handler: Handler): Route {
  return { endpoint, method, segments: path.split('/').slice(1), handler }
}

function matchSegments(pattern: readonly string[], segments: readonly string[]): Record<string, string> | null {
  if (pattern.length !== segments.length) return null
  const params: Record<string, string> = {}
  for (const [index, expected] of pattern.entries()) {
    const actual = segments[index] ?? ''
    if (expected.startsWith(':')) params[expected.slice(1)] = actual
    else if (expected !== actual) return null
  }
  return params
}
