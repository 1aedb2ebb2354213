// Compiled, never run: what must and what must not type-check. Without declarations of the application; those are in
// test/types/declared.

import type { RouteGenericInterface } from 'fastify'
import type { AuthNotEvaluated } from '../../src/core/auth/not-evaluated.js'
import type { AuthFor, RequestAuth } from '../../src/core/auth/request-auth.js'
import type {
  ApiKeyAuth,
  Auth,
  HasParams,
  InvalidTokenAuth,
  M2MTokenAuth,
  MachineAuth,
  OAuthTokenAuth,
  OrganizationRole,
  SessionAuth,
  SessionClaims,
  SignedInAuth,
  SignedOutAuth,
  UnauthenticatedMachineAuth
} from '../../src/core/auth/types.js'
import { assertSignedIn } from '../../src/plugin/guards/assert-signed-in.js'
import type { Authorize } from '../../src/plugin/guards/authorize.js'
import type { AuthorizeAsync } from '../../src/plugin/guards/authorize-async.js'
import { type Equals, holds } from './equals.js'

// No type is `any`: every statement below would hold for it.
type IsAny<T> = 0 extends 1 & T ? true : false
holds<Equals<IsAny<Auth>, false>>()
holds<Equals<IsAny<Auth['has']>, false>>()
holds<Equals<IsAny<SignedInAuth['userId']>, false>>()
holds<Equals<IsAny<SignedInAuth['sessionClaims']>, false>>()
holds<Equals<IsAny<SignedInAuth['sessionClaims']['anything']>, false>>()
holds<Equals<IsAny<HasParams>, false>>()
holds<Equals<IsAny<AuthNotEvaluated>, false>>()
holds<Equals<IsAny<RequestAuth<unknown>>, false>>()
holds<Equals<IsAny<Parameters<Authorize>[0]>, false>>()

export function narrowing(session: SessionAuth, auth: Auth): void {
  holds<Equals<typeof session.userId, string | null>>()
  holds<Equals<typeof session.sessionId, string | undefined | null>>()
  if (session.isAuthenticated) {
    holds<Equals<typeof session, SignedInAuth>>()
    holds<Equals<typeof session.userId, string>>()
    holds<Equals<typeof session.sessionClaims, SessionClaims>>()
    // @ts-expect-error there is no reason for being signed in
    session.reason
  } else {
    holds<Equals<typeof session, SignedOutAuth>>()
    holds<Equals<typeof session.userId, null>>()
    holds<Equals<typeof session.reason, string>>()
  }

  if (auth.isAuthenticated) {
    holds<Equals<typeof auth, SignedInAuth | MachineAuth>>()
    switch (auth.tokenType) {
      case 'session_token':
        holds<Equals<typeof auth, SignedInAuth>>()
        break
      case 'api_key':
        holds<Equals<typeof auth, ApiKeyAuth>>()
        break
      case 'm2m_token':
        holds<Equals<typeof auth, M2MTokenAuth>>()
        break
      case 'oauth_token':
        holds<Equals<typeof auth, OAuthTokenAuth>>()
        break
      default:
        holds<Equals<typeof auth, never>>()
    }
  } else {
    holds<Equals<typeof auth.reason, string>>()
    if (auth.tokenType === null) holds<Equals<typeof auth, InvalidTokenAuth>>()
    else if (auth.tokenType === 'session_token') holds<Equals<typeof auth, SignedOutAuth>>()
    else holds<Equals<typeof auth, UnauthenticatedMachineAuth>>()
  }
  // @ts-expect-error not every token acts for a user
  auth.userId
}

export function immutable(auth: SignedInAuth): void {
  // @ts-expect-error the auth is shared
  auth.userId = 'user_2'
  // @ts-expect-error its claims too
  auth.sessionClaims.sub = 'user_2'
  // @ts-expect-error and those of the application
  auth.sessionClaims.mine = 1
  // @ts-expect-error and its lists
  auth.orgPermissions?.push('org:docs:read')
}

export function asserting(auth: Auth, off: AuthNotEvaluated): void {
  assertSignedIn(auth)
  holds<Equals<typeof auth, SignedInAuth>>()
  assertSignedIn(off)
}

export async function tokens(signedIn: SignedInAuth, out: SignedOutAuth, key: ApiKeyAuth): Promise<void> {
  holds<Equals<Awaited<ReturnType<typeof signedIn.getToken>>, string | null>>()
  holds<Equals<Awaited<ReturnType<typeof out.getToken>>, null>>()
  holds<Equals<Awaited<ReturnType<typeof key.getToken>>, string>>()
  await signedIn.getToken({ template: 'db', expiresInSeconds: 60 })
  // @ts-expect-error the name of the option has its unit
  await signedIn.getToken({ expiresIn: 60 })
  holds<Equals<ReturnType<typeof key.has>, false>>()
}

export function conditions(auth: SignedInAuth, authorize: Authorize): void {
  holds<Equals<OrganizationRole, string>>()
  auth.has({ role: 'anything' })
  auth.has({ permission: 'org:docs:read', reverification: 'strict' })
  auth.has({ feature: 'docs', plan: 'org:team', role: undefined })
  auth.has({ reverification: { level: 'first_factor', afterMinutes: 10 } })
  // @ts-expect-error asks nothing
  auth.has({})
  // @ts-expect-error asks nothing
  auth.has({ role: undefined })
  // @ts-expect-error misspelt
  auth.has({ roles: 'admin' })
  // @ts-expect-error no text
  auth.has({ role: 5 })
  // @ts-expect-error no preset
  auth.has({ reverification: 'sometimes' })
  // @ts-expect-error no level
  auth.has({ reverification: { level: 'third_factor', afterMinutes: 10 } })
  // @ts-expect-error no age
  auth.has({ reverification: { level: 'first_factor' } })

  authorize({ role: 'org:admin' })
  authorize((has, predicate) => {
    holds<Equals<typeof predicate, SignedInAuth>>()
    return has({ role: 'org:admin' }) || predicate.userId === 'user_1'
  })
  authorize<'api_key'>((_has, predicate) => {
    holds<Equals<typeof predicate, ApiKeyAuth>>()
    return predicate.scopes.includes('docs')
  })
  authorize({ scopes: 'jobs:write' })
  authorize({ scopes: ['jobs:read', 'jobs:write'] as const })
  authorize({ scopes: 'jobs:write', permission: 'org:jobs:write', role: undefined })
  // @ts-expect-error no scope
  authorize({ scopes: undefined })
  // @ts-expect-error no scope
  authorize({ scopes: 5 })
  // @ts-expect-error misspelt
  authorize({ scope: 'jobs:write' })
  // @ts-expect-error a session has no scopes: `has` does not know them
  auth.has({ scopes: 'jobs:write' })
  authorize({ role: 'org:admin' }, { as: 'not-found' })
  authorize((has) => has({ role: 'org:admin' }), { as: undefined })
  // @ts-expect-error no such answer
  authorize({ role: 'org:admin' }, { as: 'forbidden' })
  // @ts-expect-error a promise is never false
  authorize(async () => true)
  // @ts-expect-error asks nothing
  authorize({})
  // @ts-expect-error no boolean
  authorize(() => 'yes')
}

type Unauthenticated<T extends 'api_key' | 'm2m_token' | 'oauth_token'> = UnauthenticatedMachineAuth<T>
holds<Equals<AuthFor<'session_token'>, SessionAuth>>()
holds<Equals<AuthFor<'api_key'>, ApiKeyAuth | Unauthenticated<'api_key'>>>()
holds<
  Equals<
    AuthFor<readonly ['api_key', 'session_token']>,
    SessionAuth | ApiKeyAuth | Unauthenticated<'api_key'> | InvalidTokenAuth
  >
>()
holds<
  Equals<
    AuthFor<'any'>,
    | SessionAuth
    | MachineAuth
    | Unauthenticated<'api_key'>
    | Unauthenticated<'m2m_token'>
    | Unauthenticated<'oauth_token'>
  >
>()
holds<Equals<AuthFor<unknown>, Auth>>()
holds<Equals<AuthFor<'any' | 'api_key'>, Auth>>()

// A route whose `config` does not set `acceptsToken` has the auth type of the instance.
holds<Equals<RequestAuth<unknown>, SessionAuth>>()
holds<Equals<RequestAuth<{ rateLimit: false }>, SessionAuth>>()
holds<Equals<RequestAuth<{ clerk: { handshake: false } }>, SessionAuth>>()
holds<Equals<RequestAuth<{ clerk: false }>, AuthNotEvaluated>>()
holds<Equals<RequestAuth<{ clerk: { acceptsToken: 'm2m_token' } }>, M2MTokenAuth | Unauthenticated<'m2m_token'>>>()

export function notEvaluated(auth: AuthNotEvaluated): void {
  holds<Equals<typeof auth.userId, never>>()
  holds<Equals<typeof auth.isAuthenticated, never>>()
  // @ts-expect-error nothing to call
  auth.has({ role: 'org:admin' })
  // @ts-expect-error nothing to await
  auth.getToken()
  // @ts-expect-error no such property, here as anywhere
  auth.unknown
  // Assignable to the parameters of hooks and helpers that take `request.auth`; using it there throws.
  narrowing(auth, auth)
}
// It is not a member of `Auth`, so it does not affect narrowing.
holds<Equals<Extract<Auth, { tokenType: never }>, never>>()

export function asynchronousConditions(authorizeAsync: AuthorizeAsync): void {
  authorizeAsync(async (auth) => {
    holds<Equals<typeof auth, SignedInAuth>>()
    return auth.userId === 'user_1'
  })
  authorizeAsync<{ Params: { id: string } }>(
    async (auth, request) => {
      holds<Equals<typeof request.params.id, string>>()
      return request.params.id === auth.userId
    },
    { as: 'not-found' }
  )
  authorizeAsync<RouteGenericInterface, 'api_key' | 'm2m_token'>(async (auth) => {
    holds<Equals<typeof auth, ApiKeyAuth | M2MTokenAuth>>()
    return auth.scopes.includes('docs')
  })
  // @ts-expect-error no promise
  authorizeAsync(() => true)
  // @ts-expect-error no boolean
  authorizeAsync(async () => 'yes')
  // @ts-expect-error no function
  authorizeAsync({ role: 'org:admin' })
  // @ts-expect-error no such answer
  authorizeAsync(async () => true, { as: 'forbidden' })
}

export function machineTokens(key: ApiKeyAuth, unauthenticated: UnauthenticatedMachineAuth): void {
  holds<Equals<typeof key.audience, readonly string[]>>()
  holds<Equals<typeof key.expiresAt, number | null>>()
  holds<Equals<typeof unauthenticated.audience, null>>()
}
