/** Slot of the auth on a request. Private: what other plugins and users decorate cannot pass for it. */
export const kAuth = Symbol('fastify-clerk-auth.auth')

/** Slot of what was decided about a request: `decision.ts`. */
export const kDecision = Symbol('fastify-clerk-auth.decision')

/** Slot of the instance that authenticated a request. */
export const kInstance = Symbol('fastify-clerk-auth.instance')

/** Key of a route's compiled `config.clerk` on its config object. */
export const kRoutePolicy = Symbol('fastify-clerk-auth.route-policy')
