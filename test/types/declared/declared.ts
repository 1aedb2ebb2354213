// A program of its own, because global declarations hold in a whole program.
import type { AuthFor, RequestAuth } from '../../../src/core/auth/request-auth.js'
import type {
  Auth,
  HasParams,
  OrganizationPermission,
  OrganizationRole,
  SignedInAuth
} from '../../../src/core/auth/types.js'
import type { Authorize } from '../../../src/plugin/guards/authorize.js'
import { type Equals, holds } from '../equals.js'

declare global {
  // As the users of Clerk's SDKs already have it.
  interface CustomJwtSessionClaims {
    metadata: { plan: 'free' | 'paid' }
    nickname?: string
  }
  interface ClerkAuthorization {
    permission: 'org:docs:read' | 'org:docs:edit'
    role: 'org:admin' | 'org:member'
  }
  interface ClerkAuthInstance {
    acceptsToken: 'any'
  }
}

holds<Equals<OrganizationRole, 'org:admin' | 'org:member'>>()
holds<Equals<OrganizationPermission, 'org:docs:read' | 'org:docs:edit'>>()
holds<Equals<SignedInAuth['orgRole'], 'org:admin' | 'org:member' | undefined>>()
holds<Equals<SignedInAuth['orgPermissions'], readonly ('org:docs:read' | 'org:docs:edit')[] | undefined>>()

export function claims(auth: SignedInAuth, authorize: Authorize): void {
  const { metadata, nickname, sub, exp, other } = auth.sessionClaims
  holds<Equals<typeof metadata, { plan: 'free' | 'paid' }>>()
  holds<Equals<typeof nickname, string | undefined>>()
  holds<Equals<typeof sub, string>>()
  holds<Equals<typeof exp, number>>()
  holds<Equals<typeof other, unknown>>()
  // @ts-expect-error claims are shared
  auth.sessionClaims.metadata = { plan: 'paid' }

  auth.has({ role: 'org:admin', permission: 'org:docs:edit' })
  authorize({ permission: 'org:docs:read' })
  // @ts-expect-error no such role
  auth.has({ role: 'org:owner' })
  // @ts-expect-error no such permission
  auth.has({ permission: 'org:docs:delete' })
  // @ts-expect-error no such role
  authorize({ role: 'org:owner' })
  // @ts-expect-error no such permission, however many conditions hold
  const params: HasParams = { role: 'org:admin', permission: 'org:docs:delete' }
  authorize(params)
}

// The instance accepts any token type, so a route without `acceptsToken` gets the auth of any type.
holds<Equals<RequestAuth<unknown>, AuthFor<'any'>>>()
holds<Equals<RequestAuth<{ clerk: { acceptsToken: 'session_token' } }>, AuthFor<'session_token'>>>()
holds<Equals<Extract<Auth, { tokenType: 'session_token'; isAuthenticated: true }>, SignedInAuth>>()
