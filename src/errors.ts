import createError from '@fastify/error'

// Every error this package makes: code, constant text that says what to do next, status.
// Boot errors carry the option's name; nothing a client sent and no secret is ever part of a message.

export const UnauthorizedError = createError('FST_CLERK_UNAUTHORIZED', 'Authentication is required: %s', 401)
