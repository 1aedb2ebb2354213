import { createSignedOutAuth } from '../core/auth/session-auth.js'

/** The auth of a request before its authentication, for example in a hook that was added before the plugin. */
export const notYetAuthenticated = createSignedOutAuth(
  'not-authenticated-yet',
  'This request has not reached authentication: hooks that need it must be added after fastify-clerk-auth.'
)
