import type { Help } from './help.js'

/** Errors with which the server does not start: how the plugin, guards and routes are put together. */
export const registrationErrors = {
  FST_CLERK_ALREADY_REGISTERED: {
    cause: 'The plugin is registered twice: in one scope, or in one inside the other.',
    cure: 'Register it once, around all routes. `config.clerk` of a route changes what differs.',
    see: 'plugin/README.md'
  },
  FST_CLERK_DECORATOR_TAKEN: {
    cause: 'Another plugin has `request.auth`, `fastify.clerk`, `requireAuth` or `authorize`.',
    cure: 'Remove `@clerk/fastify` or the other plugin, or register the two in separate scopes.'
  },
  FST_CLERK_ROUTE_OPTIONS: {
    cause: '`config.clerk` of a route has a member or a value that is not known.',
    cure: 'Write `false`, or an object with the members that the README lists under `request.auth`.'
  },
  FST_CLERK_ROUTE_POLICY: {
    cause: '`config.clerk` of a route contradicts the options of the plugin, or a guard of the route or of its scope.',
    cure: 'Keep one of the two. The message names both, and the route.'
  },
  FST_CLERK_EARLY_ROUTES: {
    cause: 'Routes were made before the plugin had loaded. They have no guard, and `earlyRoutes` does not allow them.',
    cure: '`await` the registration before the routes are made, or make them in a plugin that is registered after it.',
    see: 'plugin/README.md#order-of-loading'
  },
  FST_CLERK_NO_ROUTES: {
    cause: 'The plugin is in a scope of its own, and covers no route.',
    cure: 'Wrap the plugin that registers it in `fastify-plugin`.',
    see: 'plugin/README.md#order-of-loading'
  },
  FST_CLERK_GUARD_OUTSIDE: {
    cause: 'The plugin is in a scope of its own, and a guard is on a route outside of it, where nothing authenticates.',
    cure: 'Wrap the plugin that registers it in `fastify-plugin`, or move the routes into the scope.',
    see: 'plugin/README.md#order-of-loading'
  },
  FST_CLERK_UNDEFINED_HOOK: {
    cause:
      'A route without a guard has an undefined hook: `fastify.requireAuth`, misspelt or before the plugin had loaded.',
    cure: 'Import `requireAuth` and `authorize` from the package: imported, they are never undefined. A route that is open on purpose leaves the hook out, or gives `[]`.',
    see: 'plugin/README.md#order-of-loading'
  },
  FST_CLERK_ROUTE_OVERWRITTEN: {
    cause: 'An `onRoute` hook of another plugin has replaced the guard or the policy of a route.',
    cure: 'Register that plugin first.'
  },
  FST_CLERK_GUARD_USE: {
    cause:
      'A guard is used in a way that guards nothing, as `requireAuth()` or `onRequest: authorize`, or before authentication.',
    cure: 'Pass `requireAuth` as it is. Call `authorize(conditions)` and pass the hook that it returns. Add it to a scope after the plugin has loaded.'
  },
  FST_CLERK_FASTIFY_INTERNALS: {
    cause: 'Unguarded routes could not be found.',
    cure: 'Use a version of Fastify within the range of `peerDependencies`.'
  },
  FST_CLERK_AUTHORIZE_PARAMS: {
    cause: 'A condition of `authorize()` could never hold, or does not say what it seems to say.',
    cure: 'Correct the parameter, as the message says.'
  },
  FST_CLERK_NO_INITIAL_KEYS: {
    cause: "With `jwks.warmUp: 'wait'`: no key set could be had when the server started.",
    cure: 'Look the word in parentheses up under [Causes](#causes). A snapshot (`jwks.snapshot`) or `jwtKey` lets the server start without Clerk.',
    see: 'core/jwks/README.md'
  },
  FST_CLERK_SECRET_KEY_REFUSED: {
    cause: 'The key was rolled, belongs to a deleted instance, or was copied in part.',
    cure: 'Copy the key again from the Clerk dashboard. If only tokens are to be verified, the publishable key alone suffices.'
  }
} satisfies Record<string, Help>
