import { createError } from './create-error.js'

export const AlreadyRegisteredError = createError(
  'FST_CLERK_ALREADY_REGISTERED',
  'fastify-clerk-auth covers this scope or a part of it already: register it once, here, around or inside, but not twice',
  500
)
export const DecoratorTakenError = createError(
  'FST_CLERK_DECORATOR_TAKEN',
  '%s is already decorated by another plugin: remove that plugin, or register the two in separate scopes',
  500
)
export const RouteOptionsError = createError('FST_CLERK_ROUTE_OPTIONS', 'config.clerk of a route: %s must be %s', 500)
export const RoutePolicyError = createError(
  'FST_CLERK_ROUTE_POLICY',
  'config.clerk of a route contradicts itself: %s',
  500
)
export const EarlyRoutesError = createError(
  'FST_CLERK_EARLY_ROUTES',
  'Routes were made before fastify-clerk-auth had loaded, and show none of its guards: %s. Register it before the plugins that make them and add routes in plugins registered after it, guard them by the requireAuth that the package exports, or allow them by earlyRoutes',
  500
)
export const NoRoutesError = createError(
  'FST_CLERK_NO_ROUTES',
  'No route is in the scope where fastify-clerk-auth is registered: wrap the plugin that registers it in fastify-plugin, so that it covers the routes around, or register it where the routes are',
  500
)
export const GuardOutsideError = createError(
  'FST_CLERK_GUARD_OUTSIDE',
  'Guards are on routes outside of the scope where fastify-clerk-auth is registered: %s. Wrap the plugin that registers it in fastify-plugin, so that it covers the routes around, or move these routes into the scope',
  500
)
export const UndefinedHookError = createError(
  'FST_CLERK_UNDEFINED_HOOK',
  'Routes have no guard, and a hook that is undefined, which Fastify takes for no hook: %s. fastify.requireAuth is undefined where it is misspelt, and before fastify-clerk-auth has loaded. To guard them, import requireAuth from the package; if it has to cover them, wrap the plugin that registers it in fastify-plugin and load it before them. If they are public, leave the hook out, give [] in its place, or say so by config.clerk.public',
  500
)
export const RouteOverwrittenError = createError(
  'FST_CLERK_ROUTE_OVERWRITTEN',
  'After fastify-clerk-auth, an onRoute hook of another plugin has replaced what it had put on the route %s (%s): register that plugin first, or let it add to the value',
  500
)
export const GuardUseError = createError('FST_CLERK_GUARD_USE', 'A guard is used in a way that guards nothing: %s', 500)
export const FastifyInternalsError = createError(
  'FST_CLERK_FASTIFY_INTERNALS',
  'This version of Fastify does not show the scopes of the server, so that routes could go unguarded: use a version that fastify-clerk-auth is tested with, or a later fastify-clerk-auth',
  500
)
export const AuthorizeParamsError = createError(
  'FST_CLERK_AUTHORIZE_PARAMS',
  'authorize() parameter %s must be %s',
  500
)
export const NoInitialKeysError = createError(
  'FST_CLERK_NO_INITIAL_KEYS',
  'Keys could not be had within the warm-up (%s: %s): %s, or set jwks.warmUp to "background"',
  500
)
export const SecretKeyRefusedError = createError(
  'FST_CLERK_SECRET_KEY_REFUSED',
  'Clerk refuses the secret key (option secretKey, CLERK_SECRET_KEY): copy it again from the Clerk dashboard',
  500
)
