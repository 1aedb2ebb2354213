import { createError } from './create-error.js'

export const LocalClerkProductionError = createError(
  'FST_CLERK_LOCAL_IN_PRODUCTION',
  'The local Clerk accepts anyone and refuses to start with NODE_ENV=production. Use the keys of your Clerk instance there.',
  500
)
export const LocalClerkArgumentError = createError('FST_CLERK_LOCAL_ARGUMENT', 'Local Clerk: %s must be %s', 500)
export const LocalClerkPeerError = createError(
  'FST_CLERK_LOCAL_PEER',
  '%s needs the package %s, which cannot be loaded: install it next to fastify-clerk-auth; the cause says more',
  500
)
