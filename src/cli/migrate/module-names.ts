/** What to do with a name that a file takes from `@clerk/fastify`. */
export type Destination =
  /** Goes into the import of `fastify-clerk-auth`, under this name. */
  | { readonly to: 'here'; readonly name: string }
  /** `clerkPlugin`: the default import, and the named export of CommonJS. */
  | { readonly to: 'plugin' }
  /** Comes from `@clerk/backend`, all of which `@clerk/fastify` exports again. */
  | { readonly to: 'backend' }
  /** `clerkClient`: made by `createClerkClient`. */
  | { readonly to: 'client' }
  | { readonly to: 'nowhere'; readonly message: string }

export const OLD_PACKAGE = '@clerk/fastify'
export const NEW_PACKAGE = 'fastify-clerk-auth'
export const BACKEND_PACKAGE = '@clerk/backend'
/** The proxy of the Frontend API: an option there, and a plugin of its own here. */
export const PROXY_PLUGIN = 'frontendApiProxy'
export const PROXY_MODULE = 'fastify-clerk-auth/proxy'

export function destinationOf(name: string): Destination {
  switch (name) {
    case 'clerkPlugin':
      return { to: 'plugin' }
    case 'clerkClient':
      return { to: 'client' }
    case 'getAuth':
      return { to: 'here', name }
    case 'ClerkFastifyOptions':
      return { to: 'here', name: 'ClerkAuthOptions' }
    case 'FrontendApiProxyOptions':
      return {
        to: 'nowhere',
        message: 'the proxy of the Frontend API is a plugin of its own: fastify-clerk-auth/proxy'
      }
    default:
      return { to: 'backend' }
  }
}

/** Why a use of the module that is no import and no `require` of names is not understood. */
export function moduleHint(specifier: string): string {
  if (specifier === `${OLD_PACKAGE}/webhooks`) {
    return 'verifyWebhook of fastify-clerk-auth/webhooks takes the body as it was received, and its options have other names: change it by hand'
  }
  if (specifier === `${OLD_PACKAGE}/types`) return 'take these types from @clerk/shared/types'
  return `${OLD_PACKAGE} is named in a way that is not understood: only import { … } and const { … } = require() are`
}
