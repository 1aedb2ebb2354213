/**
 * Fastify versions that the plugins start with; the peer range of package.json is the same. Versions before the lowest
 * can hand a malformed URL to a not-found handler past every hook, guards included.
 */
export const FASTIFY_RANGE = '>=5.12.8 <6'
