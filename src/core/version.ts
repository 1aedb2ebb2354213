/** Version of this package, as its own requests name it: a copy of package.json's, which `npm version` makes. */
export const VERSION = '0.1.0'

/** How this package names itself to Clerk. */
export const USER_AGENT = `fastify-clerk-auth/${VERSION}`

/**
 * The dated version of Clerk's APIs whose shapes this package reads and whose handshake it speaks (header
 * `Clerk-API-Version`, query parameter `__clerk_api_version`). Not the option `apiVersion`, which is a path segment.
 */
export const CLERK_API_DATE = '2026-05-12'
