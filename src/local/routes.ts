import {
  createSessionToken,
  handshakePayload,
  keySet,
  refreshSession,
  revokeSession,
  verifyMachineToken,
  withSecretKey
} from './bapi-endpoints.js'
import { frontendRoutes } from './frontend-api/routes.js'
import { createDevBrowser, handshake, syncSatellite } from './handshake.js'
import { apiError, hasKey, notOffered } from './http.js'
import { machineTypes } from './machine-types.js'
import { OAUTH_ROUTES } from './oauth/routes.js'
import type { Endpoint } from './request-log.js'
import { showSignIn, signIn, signOut } from './sign-in.js'
import type { Handler } from './state.js'
import {
  countUsers,
  createSignInToken,
  createTestingToken,
  listUsers,
  showUserOfDirectory
} from './testing-endpoints.js'

interface Route {
  readonly endpoint: Endpoint
  readonly method: string
  readonly segments: readonly string[]
  readonly handler: Handler
}

const routes: readonly Route[] = [
  route('fapi-jwks', 'GET', '/.well-known/jwks.json', keySet),
  route('handshake', 'GET', '/v1/client/handshake', handshake),
  route('satellite-sync', 'GET', '/v1/client/sync', syncSatellite),
  route('dev-browser', 'POST', '/v1/dev_browser', createDevBrowser),
  route('sign-in', 'GET', '/sign-in', showSignIn),
  route('sign-in', 'POST', '/sign-in', signIn),
  route('sign-out', 'GET', '/sign-out', signOut),
  route('sign-out', 'POST', '/sign-out', signOut),
  ...frontendRoutes.map(([endpoint, method, path, handler]) => route(endpoint, method, path, handler)),

  ...OAUTH_ROUTES.map((entry) => route(...entry)),

  route('bapi-jwks', 'GET', '/v1/jwks', withSecretKey(keySet)),
  route('handshake-payload', 'GET', '/v1/clients/handshake_payload', withSecretKey(handshakePayload)),
  route('refresh', 'POST', '/v1/sessions/:sid/refresh', withSecretKey(refreshSession)),
  route('session-token', 'POST', '/v1/sessions/:sid/tokens', withSecretKey(createSessionToken)),
  route('session-token', 'POST', '/v1/sessions/:sid/tokens/:template', withSecretKey(createSessionToken)),
  route('revoke', 'POST', '/v1/sessions/:sid/revoke', withSecretKey(revokeSession)),
  route('testing-token', 'POST', '/v1/testing_tokens', withSecretKey(createTestingToken)),
  route('users', 'GET', '/v1/users', withSecretKey(listUsers)),
  route('users', 'GET', '/v1/users/count', withSecretKey(countUsers)),
  route('users', 'GET', '/v1/users/:id', withSecretKey(showUserOfDirectory)),
  route('sign-in-token', 'POST', '/v1/sign_in_tokens', withSecretKey(createSignInToken)),
  ...Object.values(machineTypes).map((type) => route(type.endpoint, 'POST', type.path, verifyMachineToken(type)))
]

export interface RouteMatch {
  readonly endpoint: Endpoint
  readonly handler: Handler
  readonly params: Readonly<Record<string, string>>
}

const unknown: RouteMatch = {
  endpoint: 'unknown',
  handler: (request, { instance }) =>
    hasKey(request, instance.secretKey) || hasKey(request, instance.machineSecretKey)
      ? notOffered('this endpoint')
      : apiError(404, 'resource_not_found', 'not found'),
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
