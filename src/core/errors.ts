import { createError as createFastifyError, type FastifyErrorConstructor } from '@fastify/error'
import { helpAt } from './help-page.js'
import { TOKEN_TYPES } from './token-types.js'

// Every error this package makes: code, constant text that says what to do next, status.
// Boot errors carry the option's name; nothing a client sent and no secret is ever part of a message: the only values
// put in for %s are names of options, variables and routes, expected types and values, and reasons from closed lists.

export interface ErrorEntry {
  readonly code: string
  /** As in the source, with `%s` where a name goes. */
  readonly text: string
  readonly statusCode: number
}

const entries: ErrorEntry[] = []

/** Every error of the package in the order of this file: the help page is made of them. */
export const errorEntries: readonly ErrorEntry[] = entries

function createError<const C extends `FST_CLERK_${string}`, const S extends number>(
  code: C,
  text: string,
  statusCode: S
): FastifyErrorConstructor<{ code: C; statusCode: S }> {
  entries.push(Object.freeze({ code, text, statusCode }))
  const Constructor = createFastifyError<C, S>(code, text, statusCode)
  return statusCode < 500 ? Constructor : withHelp(Constructor, code)
}

/**
 * Adds `help`, the place where the error is explained. Errors of 500 and more alone have it: their reader is the operator,
 * to whom Node prints it when the server does not start, and the log shows it. Other errors are answers to clients.
 */
function withHelp<C extends FastifyErrorConstructor<{ code: string; statusCode: number }>>(
  Constructor: C,
  code: string
): C {
  const help = helpAt(code)
  return new Proxy(Constructor, {
    construct(target, args, newTarget) {
      const error = Reflect.construct(target, args, newTarget)
      // Not by the prototype: Node prints an error's own properties.
      error.help = help
      return error
    }
  })
}

// ── Requests ─────────────────────────────────────────────────────────────────────────────────────────────────────────

export const UnauthorizedError = createError('FST_CLERK_UNAUTHORIZED', 'Authentication is required: %s', 401)
export const ForbiddenError = createError('FST_CLERK_FORBIDDEN', 'This account is not permitted to do that', 403)
export const CrossOriginError = createError(
  'FST_CLERK_CROSS_ORIGIN',
  'A page of another origin may not do that with the cookies of this browser: send the session token as a bearer token, or add the origin to authorizedParties',
  403
)
export const ExtractTokenError = createError(
  'FST_CLERK_EXTRACT_TOKEN',
  'extractToken has thrown, or has returned neither a string nor undefined: the request counts as one with a malformed token',
  401
)
export const ReverificationError = createError(
  'FST_CLERK_REVERIFICATION',
  'The user has to verify their identity again before doing that',
  403
)
export const KeysUnavailableError = createError(
  'FST_CLERK_KEYS_UNAVAILABLE',
  'Authentication cannot be decided at the moment, try again later: %s',
  503
)
export const ResolverError = createError(
  'FST_CLERK_RESOLVER',
  'The instance of this request could not be resolved; the log has the cause',
  500
)
export const ResolverOnlyError = createError(
  'FST_CLERK_NO_INSTANCE',
  'This plugin has a resolver and so no instance of its own: pass a request that it has authenticated',
  500
)
export const NotEvaluatedError = createError(
  'FST_CLERK_NOT_EVALUATED',
  'request.auth is not evaluated here: the route has config.clerk set to false, or an earlier hook reads it',
  500
)
export const NotRegisteredError = createError(
  'FST_CLERK_NOT_REGISTERED',
  'Nothing has authenticated this request: register fastify-clerk-auth in this scope or above it, before the hook that asks',
  500
)
export const TokenFetchError = createError('FST_CLERK_GET_TOKEN', 'Clerk issued no token for this session: %s', 502)

// ── Registration ─────────────────────────────────────────────────────────────────────────────────────────────────────

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

// ── Options ──────────────────────────────────────────────────────────────────────────────────────────────────────────

export const UnknownOptionError = createError('FST_CLERK_OPTION_UNKNOWN', 'Unknown option %s%s', 500)
export const OptionTypeError = createError('FST_CLERK_OPTION_TYPE', '%s must be %s, not %s', 500)
export const OptionEmptyError = createError(
  'FST_CLERK_OPTION_EMPTY',
  '%s must not be empty: give %s, or leave it out',
  500
)
export const OptionRangeError = createError('FST_CLERK_OPTION_RANGE', '%s must be %s', 500)
export const OptionValueError = createError('FST_CLERK_OPTION_VALUE', '%s must be %s', 500)
export const OptionUrlError = createError('FST_CLERK_OPTION_URL', '%s must be %s', 500)
export const OptionDomainError = createError(
  'FST_CLERK_OPTION_DOMAIN',
  '%s must be a host name without scheme, path or credentials, such as satellite.example',
  500
)
export const OptionOriginError = createError(
  'FST_CLERK_OPTION_ORIGIN',
  '%s must be an origin as browsers send it: scheme, lower-case host, port if not the default; no path, no trailing slash',
  500
)
export const OptionPatternError = createError(
  'FST_CLERK_OPTION_PATTERN',
  '%s must be a pattern in the syntax of path-to-regexp 6, such as /orgs/:slug/(.*)',
  500
)
export const AcceptsTokenError = createError(
  'FST_CLERK_OPTION_ACCEPTS_TOKEN',
  `%s must be "any", or one or a list of ${TOKEN_TYPES.map((type) => `"${type}"`).join(', ')}`,
  500
)
export const PublishableKeyError = createError(
  'FST_CLERK_OPTION_PUBLISHABLE_KEY',
  '%s must be a publishable key as the Clerk dashboard shows it, pk_test_… or pk_live_…: %s',
  500
)
export const SecretAsPublishableError = createError(
  'FST_CLERK_OPTION_SECRET_AS_PUBLISHABLE',
  '%s holds a secret key: give the publishable key (pk_…) there, and roll the secret key if this one was ever sent to browsers',
  500
)
export const PublishableAsSecretError = createError(
  'FST_CLERK_OPTION_PUBLISHABLE_AS_SECRET',
  '%s holds a publishable key: give %s there',
  500
)
export const SecretKeyError = createError(
  'FST_CLERK_OPTION_SECRET_KEY',
  '%s must be printable ASCII without spaces or line breaks: copy it again from the Clerk dashboard',
  500
)
export const KeysMixedError = createError(
  'FST_CLERK_OPTION_KEYS_MIXED',
  '%s and %s belong to different instances (%s): give both keys of one instance',
  500
)
export const NoKeySourceError = createError(
  'FST_CLERK_OPTION_NO_KEY_SOURCE',
  'Nothing says where verification keys come from: give one of publishableKey, secretKey, jwtKey, jwks.keys (or CLERK_PUBLISHABLE_KEY, CLERK_SECRET_KEY, CLERK_JWT_KEY)',
  500
)
export const JwtKeyError = createError(
  'FST_CLERK_OPTION_JWT_KEY',
  '%s must be a PEM public key (-----BEGIN PUBLIC KEY-----), as the Clerk dashboard shows it under JWKS public key',
  500
)
export const JwtKeyPrivateError = createError(
  'FST_CLERK_OPTION_JWT_KEY_PRIVATE',
  '%s holds a private key: give the public key, and treat the private one as exposed',
  500
)
export const JwtKeyNotRsaError = createError(
  'FST_CLERK_OPTION_JWT_KEY_NOT_RSA',
  '%s must be an RSA public key with an odd exponent of at least 65537: Clerk signs with RS256',
  500
)
export const JwtKeySizeError = createError(
  'FST_CLERK_OPTION_JWT_KEY_SIZE',
  '%s must be an RSA key of 2048 to 8192 bits',
  500
)
export const JwksKeysError = createError(
  'FST_CLERK_OPTION_JWKS_KEYS',
  '%s must be a public RSA key as a JWK (RFC 7517), %s',
  500
)
export const JwksPrivateError = createError(
  'FST_CLERK_OPTION_JWKS_PRIVATE',
  '%s holds a private or symmetric key: give public keys only, and treat this one as exposed',
  500
)
export const SatelliteDomainError = createError(
  'FST_CLERK_OPTION_SATELLITE_DOMAIN',
  'isSatellite needs domain (CLERK_DOMAIN) or proxyUrl (CLERK_PROXY_URL)',
  500
)
export const SatelliteSignInUrlError = createError(
  'FST_CLERK_OPTION_SATELLITE_SIGN_IN_URL',
  'isSatellite needs signInUrl (CLERK_SIGN_IN_URL) as an absolute URL on the primary domain',
  500
)
export const SignInUrlMissingError = createError(
  'FST_CLERK_OPTION_SIGN_IN_URL_MISSING',
  'requireAuthRedirect needs signInUrl (CLERK_SIGN_IN_URL): where should browsers go?',
  500
)
export const OptionSecretKeyMissingError = createError(
  'FST_CLERK_OPTION_SECRET_KEY_MISSING',
  '%s needs secretKey (CLERK_SECRET_KEY): only Clerk can say whether such a token is good',
  500
)

// ── The local Clerk ──────────────────────────────────────────────────────────────────────────────────────────────────

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

// ── Revocation, webhooks, long-lived connections ─────────────────────────────────────────────────────────────────────

export const RevocationTargetError = createError(
  'FST_CLERK_REVOCATION_TARGET',
  'revoke needs one of { sessionId }, { userId }, { organizationId }, { organizationId, userId }, { tokenId } and { clientId }, each a text of 1 to 256 characters, or { everyone: true }; only may be "sessions" with userId, organizationId or everyone',
  500
)
export const RevocationTimeError = createError(
  'FST_CLERK_REVOCATION_TIME',
  'revoke: at must be a Date or milliseconds since the epoch, within the last year and not in the future',
  500
)
export const RedisClientError = createError(
  'FST_CLERK_REVOCATION_REDIS_CLIENT',
  '%s must be a client of ioredis 5, iovalkey or redis (node-redis) 5, or of a later version, not %s',
  500
)
export const PostgresPoolError = createError(
  'FST_CLERK_REVOCATION_POSTGRES_POOL',
  'pool must be a Pool of pg 8.11 or later, not %s: give new Pool({ connectionString })',
  500
)
export const RevocationBusPromiseError = createError(
  'FST_CLERK_REVOCATION_BUS_PROMISE',
  'The revocation bus breaks a promise: %s',
  500
)
export const WebhookSecretMissingError = createError(
  'FST_CLERK_WEBHOOK_SECRET_MISSING',
  'Webhooks need signingSecret (CLERK_WEBHOOK_SIGNING_SECRET): copy it from the endpoint in the Clerk dashboard',
  500
)
export const WebhookSecretInvalidError = createError(
  'FST_CLERK_WEBHOOK_SECRET_INVALID',
  'signingSecret must be the endpoint secret of the Clerk dashboard: "whsec_" and base64',
  500
)
export const WebhookVerifierMissingError = createError(
  'FST_CLERK_WEBHOOK_VERIFIER_MISSING',
  'Webhooks need the package standardwebhooks, which cannot be loaded: install it next to fastify-clerk-auth; the cause says more',
  500
)
export const WebhookHeadersError = createError(
  'FST_CLERK_WEBHOOK_HEADERS',
  'The request lacks svix-id, svix-timestamp or svix-signature: only Clerk calls this address',
  400
)
export const WebhookTimestampError = createError(
  'FST_CLERK_WEBHOOK_TIMESTAMP',
  'The timestamp of the webhook is more than five minutes away: send it again, and check the clock',
  400
)
export const WebhookSignatureError = createError(
  'FST_CLERK_WEBHOOK_SIGNATURE',
  'The signature of the webhook does not match: check the signing secret of this endpoint',
  401
)
export const WebhookPayloadError = createError(
  'FST_CLERK_WEBHOOK_PAYLOAD',
  'The body of the webhook is not an event of Clerk',
  400
)
export const WebhookBodyError = createError(
  'FST_CLERK_WEBHOOK_BODY',
  'verifyWebhook needs the body as it was received: give the route a parser with parseAs "buffer"',
  500
)
export const WebhookBusyError = createError(
  'FST_CLERK_WEBHOOK_BUSY',
  'This webhook is being handled already: send it again later',
  409
)
export const LifetimeRevokedError = createError(
  'FST_CLERK_LIFETIME_REVOKED',
  'The session of this connection was revoked: sign in again',
  401
)
export const LifetimeExpiredError = createError(
  'FST_CLERK_LIFETIME_EXPIRED',
  'The token of this connection ran out: renew it or connect again',
  401
)

// ── Audit log ────────────────────────────────────────────────────────────────────────────────────────────────────────

export const AuditFullError = createError(
  'FST_CLERK_AUDIT_FULL',
  'The audit log has no room at the moment and nothing is done unrecorded: try again later',
  503
)
export const AuditEarlyRoutesError = createError(
  'FST_CLERK_AUDIT_EARLY_ROUTES',
  'Routes were made before the audit log had loaded, and would go unrecorded: %s. Register it before the plugins that make them and add routes in plugins registered after it, or allow them by its option earlyRoutes',
  500
)
export const AuditPeerError = createError(
  'FST_CLERK_AUDIT_PEER',
  '%s needs the package %s, which cannot be loaded: install it next to fastify-clerk-auth; the cause says more',
  500
)
export const WebhookPluginError = createError(
  'FST_CLERK_WEBHOOK_PLUGIN',
  'fastify-clerk-auth/webhooks revokes by fastify.clerk: register fastify-clerk-auth before it, or give revoke: false',
  500
)
export const McpPluginError = createError(
  'FST_CLERK_MCP_PLUGIN',
  'fastify-clerk-auth/mcp reads fastify.clerk: register fastify-clerk-auth before it',
  500
)
export const McpRootError = createError(
  'FST_CLERK_MCP_ROOT',
  'mcpResource answers at /.well-known, which is at the root of a server and open to everybody: register it where there is no prefix and no guard among the hooks of the scope',
  500
)
export const McpAuthorizationServerError = createError(
  'FST_CLERK_MCP_AUTHORIZATION_SERVER',
  'mcpResource needs publishableKey (CLERK_PUBLISHABLE_KEY) or its option authorizationServer: clients learn from it where to get a token',
  500
)
export const McpScopesError = createError('FST_CLERK_MCP_SCOPES', 'mcpAuth() parameter %s must be %s', 500)
export const McpMetadataUnavailableError = createError(
  'FST_CLERK_MCP_METADATA_UNAVAILABLE',
  'The metadata of the authorization server cannot be had at the moment, try again later',
  503
)
export const McpMetadataInvalidError = createError(
  'FST_CLERK_MCP_METADATA_INVALID',
  'The authorization server answers with no metadata document: check the option authorizationServer',
  502
)
export const OpenApiPluginError = createError(
  'FST_CLERK_OPENAPI_PLUGIN',
  'fastify-clerk-auth/openapi reads fastify.clerk: register fastify-clerk-auth before it',
  500
)
export const OpenApiSwaggerError = createError(
  'FST_CLERK_OPENAPI_SWAGGER',
  'fastify-clerk-auth/openapi completes the document of @fastify/swagger: register that plugin after it, in the same scope',
  500
)
export const OpenApiVersionError = createError(
  'FST_CLERK_OPENAPI_VERSION',
  'fastify-clerk-auth/openapi writes OpenAPI 3: give @fastify/swagger the option openapi',
  500
)
export const ProxyPeerError = createError(
  'FST_CLERK_PROXY_PEER',
  'frontendApiProxy needs the package @fastify/reply-from, which cannot be loaded: install it next to fastify-clerk-auth; the cause says more',
  500
)
export const ProxyKeysError = createError(
  'FST_CLERK_PROXY_KEYS',
  'frontendApiProxy needs publishableKey (CLERK_PUBLISHABLE_KEY) and secretKey (CLERK_SECRET_KEY): Clerk learns from the secret key whose requests these are',
  500
)
export const ProxyUrlError = createError(
  'FST_CLERK_PROXY_URL',
  'frontendApiProxy serves another path than the one that proxyUrl of fastify-clerk-auth names: leave proxyUrl out, or give the absolute URL at which browsers reach the proxy',
  500
)
export const ProxyRequestError = createError(
  'FST_CLERK_PROXY_REQUEST',
  'This request is not passed on to the Frontend API: %s',
  400
)
export const ProxyBodyTimeoutError = createError(
  'FST_CLERK_PROXY_BODY_TIMEOUT',
  'The body of the request took too long to come: send it again',
  408
)
export const ProxyBodyLimitError = createError(
  'FST_CLERK_PROXY_BODY_LIMIT',
  'The body of the request is larger than this proxy passes on',
  413
)
export const ProxyBusyError = createError(
  'FST_CLERK_PROXY_BUSY',
  'Too many requests to the Frontend API are under way: try again in a moment',
  503
)
export const ProxyUpstreamError = createError(
  'FST_CLERK_PROXY_UPSTREAM',
  'The Frontend API cannot be reached, or gives no answer that can be passed on: try again later',
  502
)
export const ProxyTimeoutError = createError(
  'FST_CLERK_PROXY_TIMEOUT',
  'The Frontend API has not answered in time: try again later',
  504
)
export const MetricsPluginError = createError(
  'FST_CLERK_METRICS_PLUGIN',
  'fastify-clerk-auth/metrics reads fastify.clerk: register fastify-clerk-auth before it',
  500
)
export const MetricsPeerError = createError(
  'FST_CLERK_METRICS_PEER',
  'Metrics need the package prom-client, which cannot be loaded: install it next to fastify-clerk-auth; the cause says more',
  500
)
export const OtelPluginError = createError(
  'FST_CLERK_OTEL_PLUGIN',
  'fastify-clerk-auth/otel reads fastify.clerk: register fastify-clerk-auth before it',
  500
)
export const OtelPeerError = createError(
  'FST_CLERK_OTEL_PEER',
  'fastify-clerk-auth/otel needs the package @opentelemetry/api, which cannot be loaded: install it next to fastify-clerk-auth; the cause says more',
  500
)
export const MigrateParserError = createError(
  'FST_CLERK_MIGRATE_PARSER',
  'migrate needs the package @babel/parser, which cannot be loaded: npx -p fastify-clerk-auth -p @babel/parser fastify-clerk-auth migrate FILE...',
  500
)
export const PlaygroundPagesError = createError(
  'FST_CLERK_PLAYGROUND_PAGES',
  'The pages of the playground are not beside the command: run it from the installed package, it cannot be bundled',
  500
)
