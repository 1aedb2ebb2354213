import createError from '@fastify/error'

// Every error this package makes: code, constant text that says what to do next, status.
// Boot errors carry the option's name; nothing a client sent and no secret is ever part of a message.

export const UnauthorizedError = createError('FST_CLERK_UNAUTHORIZED', 'Authentication is required: %s', 401)

export const LocalClerkProductionError = createError(
  'FST_CLERK_LOCAL_IN_PRODUCTION',
  'The local Clerk accepts anyone and refuses to start with NODE_ENV=production. Use the keys of your Clerk instance there.',
  500
)
export const LocalClerkOptionError = createError('FST_CLERK_LOCAL_OPTION', "createLocalClerk: '%s' must be %s.", 500)
