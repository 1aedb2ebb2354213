import { isAuthNotEvaluated } from '../core/auth/not-evaluated.js'
import type { Auth } from '../core/auth/types.js'
import type { AuthenticatedAuth } from './guards/types.js'
import { kAuth } from './symbols.js'

/** Who is behind an authenticated request: by its id alone, for keys of rate limits, log lines and feature flags. */
export interface Identity {
  /** `user` of a session, an OAuth token or an API key of a user; `organization` of its API key; `machine` of the rest. */
  readonly kind: 'user' | 'organization' | 'machine'
  /** Clerk's id. Not checked for its form: it may hold any character. */
  readonly id: string
}

/**
 * Null: nobody is signed in, or nothing has authenticated the request (yet). Never throws, whatever it is given: error
 * handlers and log serializers call it at any time, with requests that may be wrapped by others.
 */
export function identify(request: unknown): Identity | null {
  try {
    const auth = (request as { [kAuth]?: Auth | null } | null | undefined)?.[kAuth]
    if (auth === null || auth === undefined || isAuthNotEvaluated(auth) || !auth.isAuthenticated) return null
    return identityOf(auth)
  } catch {
    return null
  }
}

function identityOf(auth: AuthenticatedAuth): Identity {
  switch (auth.tokenType) {
    case 'session_token':
    case 'oauth_token':
      return { kind: 'user', id: auth.userId }
    case 'api_key':
      if (auth.userId !== null) return { kind: 'user', id: auth.userId }
      return auth.orgId === null ? { kind: 'machine', id: auth.subject } : { kind: 'organization', id: auth.orgId }
    case 'm2m_token':
      return { kind: 'machine', id: auth.machineId }
  }
}
