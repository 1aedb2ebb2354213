import { typesOf } from '../core/options/accepts-token.js'
import type { TokenType } from '../core/token-types.js'
import { mayPermit } from '../plugin/guards/guards-of-route.js'
import type { GuardRequirement } from '../plugin/guards/types.js'
import type { RouteTableEntry } from '../plugin/route-table.js'
import { SCHEME_NAMES } from './schemes.js'

/** The members of an Operation Object that are written here; all others are as they were. */
export interface Operation {
  security?: readonly Readonly<Record<string, readonly string[]>>[]
  responses?: Record<string, object>
}

/** Says of an operation what its route asks for. What the route says of its own stays. */
export function describeOperation(operation: Operation, route: RouteTableEntry): void {
  operation.security ??= securityOf(route)
  if (route.policy !== 'required') return
  const responses = { ...operation.responses }
  for (const [status, response] of Object.entries(refusalsOf(route))) {
    if (!documents(responses, status)) responses[status] = response
  }
  operation.responses = responses
}

/** One alternative for each way to authenticate; none for a route that answers everybody. */
export function securityOf(route: RouteTableEntry): readonly Readonly<Record<string, readonly string[]>>[] {
  if (route.policy !== 'required') return []
  const scopes = scopesOf(route.guards)
  return permittedTypes(route).flatMap((type) =>
    SCHEME_NAMES[type].map((name) => ({ [name]: type === 'oauth_token' ? scopes : [] }))
  )
}

export function scopesOf(guards: readonly GuardRequirement[]): readonly string[] {
  return [...new Set(guards.flatMap(({ scopes }) => scopes))]
}

/** The types of token that the route accepts and no guard refuses. */
function permittedTypes({ acceptsToken, guards }: RouteTableEntry): readonly TokenType[] {
  return typesOf(acceptsToken).filter((type) => guards.every((guard) => mayPermit(guard, type)))
}

/** Whether the route documents the status itself, be it by a range or by `default`. */
function documents(responses: Readonly<Record<string, object>>, status: string): boolean {
  return [status, `${status[0]}XX`, 'default'].some((name) => Object.hasOwn(responses, name))
}

function refusalsOf(route: RouteTableEntry): Readonly<Record<string, object>> {
  const open = route.guards.filter(({ isHidden }) => !isHidden)
  const asked = conditionsOf(open)
  const forbidden = asked !== null && {
    403: { description: asked === '' ? 'Not permitted' : `Not permitted: needs ${asked}` }
  }
  const absent = open.length < route.guards.length && { 404: { description: 'Not found' } }
  // A guard that hides the route and comes first answers whoever is not signed in, or cannot be judged, as the router does.
  if (route.guards[0]?.isHidden) return { ...forbidden, ...absent }
  return {
    401: {
      description: 'Not authenticated',
      headers: { 'WWW-Authenticate': header('How to authenticate (RFC 6750 section 3)') }
    },
    ...forbidden,
    ...absent,
    503: UNAVAILABLE
  }
}

const UNAVAILABLE = {
  description: 'Authentication cannot be decided at the moment',
  headers: { 'Retry-After': header('Seconds to wait') }
}

function header(description: string): object {
  return { description, schema: { type: 'string' } }
}

/** What guards ask beyond authentication; empty: a function decides; null: nothing. */
function conditionsOf(guards: readonly GuardRequirement[]): string | null {
  const words = guards.flatMap(({ conditions }) =>
    Object.entries(conditions ?? {}).map(([name, value]) => (typeof value === 'string' ? `${name} ${value}` : name))
  )
  const scopes = scopesOf(guards)
  if (scopes.length > 0) words.push(`${scopes.length === 1 ? 'scope' : 'scopes'} ${scopes.join(', ')}`)
  if (words.length > 0) return [...new Set(words)].join('; ')
  return guards.some(({ guard }) => guard !== 'requireAuth') ? '' : null
}
