/**
 * Slot of a request's auth. A private symbol: no decorator of another plugin or of the application can take its place.
 */
export const kAuth = Symbol('fastify-clerk-auth.auth')

/** Slot of a request's `Decision`. */
export const kDecision = Symbol('fastify-clerk-auth.decision')

/** Slot of the instance that authenticated a request. */
export const kInstance = Symbol('fastify-clerk-auth.instance')

/** Slot of a request's reply, by which a lifetime hears of the response's end: Fastify's request has no link to it. */
export const kReply = Symbol('fastify-clerk-auth.reply')

/** Key of a route's compiled `config.clerk` on its config object. */
export const kRoutePolicy = Symbol('fastify-clerk-auth.route-policy')
