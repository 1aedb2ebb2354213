import type { AuthorizedParties } from '../authorized-parties.js'
import type { Logger } from '../logger.js'
import { type AcceptsToken, readAcceptsToken } from './accepts-token.js'
import { checkBoolean } from './checks.js'
import { type ReportOnlyRule, readIssuer, readReportOnly } from './claims.js'
import { readExplain } from './explain.js'
import { type JwksOptions, jwks } from './jwks.js'
import { readJwtKeys, readMachineSecretKey, readPublishableKey, readSecretKey } from './keys.js'
import { type MachineTokenOptions, machineTokens } from './machine-tokens.js'
import { type OrganizationSyncOptions, organizationSync } from './organization-sync.js'
import { boolean, callback, choice, logger, now, number, texts, wholeNumber } from './readers.js'
import { type RevocationOptions, revocation } from './revocation.js'
import { type OptionTable, option } from './table.js'
import { type TokenCacheOptions, tokenCache } from './token-cache.js'
import type { Hints } from './unknown-option.js'
import {
  readApiVersion,
  readAuthorizedParties,
  readBaseUrl,
  readDomain,
  readEarlyRoutes,
  readPageUrl,
  readProxyUrl
} from './urls.js'

/** `full`: status, reason and message; `reason`: without the message; `false`: no `x-clerk-auth-*` header at all. */
export type DebugHeaders = 'full' | 'reason' | false

/** The part of a request that `extractToken` is called with: Fastify's own request. */
export interface TokenRequest {
  readonly method: string
  readonly url: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

/** A method, so that a function for the whole of Fastify's request fits. */
export type ExtractToken = { extract(request: TokenRequest): string | undefined }['extract']

/** Whether this request may be explained: a method, as above. */
export type ExplainPermission = { permits(request: TokenRequest): boolean }['permits']

/** Requests of other origins' pages that are signed in by cookie: refused, counted and logged, or not looked at. */
export type CrossOrigin = 'refuse' | 'report' | false

/**
 * Options of the plugin, of `createTokenVerifier`, and of each instance that a resolver names.
 *
 * Names are Clerk's where Clerk has them. An option that is `undefined` counts as not given and, where a variable is
 * named below, is read from the environment (an empty variable counts as unset). `null` there means "not given, and do
 * not look at the environment". Values are never coerced: an option that does not fit fails registration with a
 * coded error that names the option. One key source is needed: `jwtKey`, `jwks.keys`, `secretKey` or `publishableKey`.
 */
export interface ClerkAuthOptions {
  /**
   * Publishable key of the instance, `pk_test_…` or `pk_live_…`. Names the FAPI host and the instance type; needed by
   * the cookie path. Alone it suffices to verify tokens: keys come from `https://<FAPI host>/.well-known/jwks.json`.
   * Environment: `CLERK_PUBLISHABLE_KEY`. Security: fixes which `iss` is accepted.
   */
  readonly publishableKey?: string | null | undefined
  /**
   * Secret key for BAPI: the key set (`/v1/jwks`), session refresh, handshake nonces, opaque machine tokens,
   * `getToken` templates. Environment: `CLERK_SECRET_KEY`. Security: never logged, printed or sent anywhere but
   * `apiUrl`; must be of the same instance type as the publishable key.
   */
  readonly secretKey?: string | null | undefined
  /** Key of one Clerk machine, used instead of `secretKey` to verify opaque M2M tokens. Environment: `CLERK_MACHINE_SECRET_KEY`. */
  readonly machineSecretKey?: string | null | undefined
  /**
   * RSA public key(s) of the instance as PEM (SPKI), at least 2048 bits: verification without any network. Several
   * for a rotation, as a list or concatenated. Accepted in every form that environment files have: CRLF, one line, spaces
   * or literal `\n` for line breaks, or the bare base64 body. Environment: `CLERK_JWT_KEY`. Security: overrides every
   * other key source; a key removed at Clerk stays trusted until it is removed here.
   */
  readonly jwtKey?: string | readonly string[] | null | undefined
  /** A key set given in code, and how fetched key sets are kept. */
  readonly jwks?: JwksOptions | undefined
  /** Origin (and path) of BAPI. Default: follows from the publishable key, else `https://api.clerk.com`. Environment: `CLERK_API_URL`. Security: the secret key goes there. */
  readonly apiUrl?: string | null | undefined
  /** Version segment of BAPI paths. Default `v1`. Environment: `CLERK_API_VERSION`. */
  readonly apiVersion?: string | null | undefined
  /** Time limit of a BAPI call that a request waits for, in ms. Default 5000, 100 to 60000. */
  readonly apiTimeoutInMs?: number | undefined

  /**
   * Accepted `aud`: a token that has an `aud` must have one of these values in it (RFC 7519 section 4.1.3). Default: not
   * checked. A route may have its own. Security: keeps machine tokens for another resource out; says nothing of session
   * tokens, which normally have no `aud`, nor of API keys, which have none.
   */
  readonly audience?: string | readonly string[] | undefined
  /**
   * `true`: OAuth and M2M tokens that name no audience are refused. `false`: they are accepted. Default: as Clerk does,
   * OAuth tokens must name one of `audience`, and M2M tokens need not. Needs `audience`; a route may say otherwise.
   * Security: with `false` a token that was issued for no resource in particular is accepted here (RFC 9068 section 4).
   */
  readonly requireAudience?: boolean | undefined
  /**
   * Origins whose tokens are accepted (claim `azp`), e.g. `https://app.example.com`: exact strings with a scheme, without
   * a trailing slash or `*`. Or a function that returns `true` for an origin to accept, for preview deployments: it must
   * be synchronous and runs when a token is verified, not again while the token is in memory.
   * A token without `azp` is refused. Default: not checked. Security: recommended; keeps tokens that leak to a sibling
   * subdomain from being used here.
   */
  readonly authorizedParties?: AuthorizedParties | undefined
  /**
   * Accepted `iss`, instead of what follows from the keys: `https://` + the host in the publishable key, `https://clerk.`
   * + `domain` on a production satellite, and an absolute `proxyUrl`. `null` turns the check off. Default: checked
   * whenever the publishable key is known. Security: `null` leaves the signature as the only tie to the instance.
   */
  readonly issuer?: string | readonly string[] | null | undefined
  /** Checks that count and log once, and refuse nothing: to see in production what they would refuse. Default: none. Security: a check that is listed here protects nothing yet. */
  readonly reportOnly?: readonly ReportOnlyRule[] | undefined
  /** Tolerated clock difference in ms, for `exp`, `nbf` and `iat`. Default 5000, 0 to 3600000. Security: expired tokens are accepted for that long. */
  readonly clockSkewInMs?: number | undefined
  /** What requests may authenticate with; a route may say otherwise. Default `session_token`. Security: machine token types cost BAPI calls. `api_key` needs `secretKey`, and so does `any` without `machineTokens.jwtOnly`. */
  readonly acceptsToken?: AcceptsToken | undefined

  /** Domain of this application when it is a satellite, without scheme or path, e.g. `satellite.example`. Environment: `CLERK_DOMAIN`. */
  readonly domain?: string | null | undefined
  /** This application runs on a satellite domain; needs `domain` or `proxyUrl`, in development `signInUrl` too. Default false. Environment: `CLERK_IS_SATELLITE` (`true` or `false`). */
  readonly isSatellite?: boolean | null | undefined
  /** Sync a satellite with its primary on the first visit without cookies. Default false. */
  readonly satelliteAutoSync?: boolean | undefined
  /** Where browsers reach FAPI through your own domain: an absolute URL, or a path on this server such as `/__clerk` (tokens are then still expected to name the FAPI host as `iss`; otherwise set `issuer`). Default: the path of `frontendApiProxy`, if that is registered. Environment: `CLERK_PROXY_URL`. Security: handshakes, with the session token, go there. */
  readonly proxyUrl?: string | null | undefined
  /** Sign-in page: an absolute URL, or a path. On a satellite absolute, on the primary domain. Environment: `CLERK_SIGN_IN_URL`. */
  readonly signInUrl?: string | null | undefined
  /** Sign-up page: an absolute URL, or a path. Accepted so that Clerk configurations carry over; this package never redirects there. Environment: `CLERK_SIGN_UP_URL`. */
  readonly signUpUrl?: string | null | undefined
  /** Resolve undecided browser states by a redirect through FAPI. Default true. `false`, for APIs that no page load reaches: never a redirect, and handshake cookies are ignored. */
  readonly handshake?: boolean | undefined
  /** The `x-clerk-auth-*` response headers of requests that are not signed in. Default `full`, as Clerk's SDK. Security: `reason` and `false` tell strangers less. */
  readonly debugHeaders?: DebugHeaders | undefined
  /**
   * Requests signed in by cookie that change something (a method that is not safe) or open a WebSocket, and that a page of
   * another origin has caused: `Sec-Fetch-Site` is neither `same-origin` nor `none`, and `Origin` is neither the public origin
   * nor one of `authorizedParties`. `refuse`: 403 `FST_CLERK_CROSS_ORIGIN`; `report`: counted and logged; false: not looked at.
   * Default `report`. A route may say otherwise. Security: `refuse` keeps pages of sibling subdomains, which the `SameSite`
   * of the cookies lets pass, from acting in the user's name.
   */
  readonly crossOrigin?: CrossOrigin | undefined
  /**
   * Takes the token from elsewhere than `Authorization`, for example from `x-api-key` or a WebSocket's subprotocol. A token
   * that it returns counts as that of the header: it decides alone, before `Authorization` and cookies. `undefined`: there is
   * none. A function that throws, or returns anything else, makes the request signed out with `token-invalid`, and a log
   * line. Default: none. Security: never take it from a cookie or the query, which other pages and logs reach.
   */
  readonly extractToken?: ExtractToken | undefined
  /**
   * Whether `fastify.clerk.explain(request)` tells how a request was decided: for all, or for those that the function permits.
   * Default: on a development instance. Security: it names cookies and checks, never a value; on a production instance
   * permit only those who run it.
   */
  readonly explain?: boolean | ExplainPermission | undefined
  /** `requireAuth` answers a browser's page load with a redirect to `signInUrl` instead of 401. Default false; needs `signInUrl`. */
  readonly requireAuthRedirect?: boolean | undefined
  /**
   * Every route in scope requires authentication unless it says `config.clerk.public`. Default false. Security: a forgotten
   * guard fails closed. Routes that were made before the plugin keep the server from starting, see `earlyRoutes`. A
   * not-found handler is no route: guard it by `setNotFoundHandler({ preHandler: requireAuth }, …)`.
   */
  readonly defaultDeny?: boolean | undefined
  /**
   * Routes that may be made before the plugin has loaded: their paths as printed by `fastify.printRoutes()`, prefix
   * included, or `true` for all (not with `defaultDeny`). Default false: the server does not start with one that has no
   * guard of this package among its hooks and serves more than `OPTIONS`, as `fastify.requireAuth` was undefined there,
   * which Fastify takes for no hook. Security: a route that is allowed stays as it is, open without a guard.
   */
  readonly earlyRoutes?: boolean | readonly string[] | undefined
  /** URL patterns that say which organization a page belongs to. */
  readonly organizationSyncOptions?: OrganizationSyncOptions | undefined

  /** Bounds of the cache of verified tokens. Security: a full cache costs verifications, never a wrong answer. */
  readonly tokenCache?: TokenCacheOptions | undefined
  /** How machine tokens are verified and for how long an answer is believed. */
  readonly machineTokens?: MachineTokenOptions | undefined
  /** How sessions are ended before their tokens run out: the bus to other processes, and bounds. */
  readonly revocation?: RevocationOptions | undefined
  /** With a resolver: most instances kept awake; one that is pushed out keeps all but its verified tokens. Default 100, 1 to 10000. */
  readonly maxInstances?: number | undefined

  /** Milliseconds since the epoch. Default `Date.now`. Security: decides what is expired. */
  readonly now?: (() => number) | undefined
  /** Makes every network call. Default: the global `fetch`, looked up per call. */
  readonly fetch?: typeof globalThis.fetch | undefined
  /** Default: `fastify.log`; without Fastify, none. */
  readonly logger?: Logger | undefined
}

export const OPTIONS = {
  publishableKey: option<string | null, string | null>(readPublishableKey, { variable: 'CLERK_PUBLISHABLE_KEY' }),
  secretKey: option<string | null, string | null>(readSecretKey, { variable: 'CLERK_SECRET_KEY', isSecret: true }),
  machineSecretKey: option<string | null, string | null>(readMachineSecretKey, {
    variable: 'CLERK_MACHINE_SECRET_KEY',
    isSecret: true
  }),
  jwtKey: option<string | readonly string[] | null, readonly string[]>(readJwtKeys, { variable: 'CLERK_JWT_KEY' }),
  jwks,
  apiUrl: option<string | null, string | null>(readBaseUrl, { variable: 'CLERK_API_URL' }),
  apiVersion: option<string | null, string>(readApiVersion, { variable: 'CLERK_API_VERSION' }),
  apiTimeoutInMs: wholeNumber({ min: 100, max: 60_000, default: 5_000 }),

  audience: texts(),
  requireAudience: option<boolean, boolean | null>((given) => checkBoolean(given) ?? null),
  authorizedParties: option<AuthorizedParties, AuthorizedParties>(readAuthorizedParties),
  issuer: option<string | readonly string[] | null, readonly string[] | null>(readIssuer),
  reportOnly: option<readonly ReportOnlyRule[], Readonly<Record<ReportOnlyRule, boolean>>>(readReportOnly),
  clockSkewInMs: number({ min: 0, max: 3_600_000, default: 5_000 }),
  acceptsToken: option<AcceptsToken, AcceptsToken>(readAcceptsToken),

  domain: option<string | null, string>(readDomain, { variable: 'CLERK_DOMAIN' }),
  isSatellite: option<boolean | null, boolean>(boolean({ default: false }).read, { variable: 'CLERK_IS_SATELLITE' }),
  satelliteAutoSync: boolean({ default: false }),
  proxyUrl: option<string | null, string>(readProxyUrl, { variable: 'CLERK_PROXY_URL' }),
  signInUrl: option<string | null, string>(readPageUrl, { variable: 'CLERK_SIGN_IN_URL' }),
  signUpUrl: option<string | null, string>(readPageUrl, { variable: 'CLERK_SIGN_UP_URL' }),
  handshake: boolean({ default: true }),
  debugHeaders: choice(['full', 'reason', false], { default: 'full' }),
  extractToken: callback<ExtractToken>({ default: null }),
  crossOrigin: choice(['refuse', 'report', false], { default: 'report' }),
  explain: option<boolean | ExplainPermission, boolean | ExplainPermission | null>(readExplain<ExplainPermission>),
  requireAuthRedirect: boolean({ default: false }),
  earlyRoutes: option<boolean | readonly string[], boolean | readonly string[]>(readEarlyRoutes),
  defaultDeny: boolean({ default: false }),
  organizationSyncOptions: organizationSync,

  tokenCache,
  machineTokens,
  revocation,
  maxInstances: wholeNumber({ min: 1, max: 10_000, default: 100 }),

  now,
  // Looked up per call, so that instrumentation installed later is used too.
  fetch: callback<typeof globalThis.fetch, typeof globalThis.fetch>({
    default: (resource, init) => globalThis.fetch(resource, init)
  }),
  logger
} satisfies OptionTable<ClerkAuthOptions>

/** What to do about options of `@clerk/fastify` that this package does not have, and options that belong elsewhere. */
export const HINTS: Hints = Object.freeze({
  hookName: 'remove it, requests are always authenticated in onRequest, before their body is read',
  frontendApiProxy: 'remove it, and register frontendApiProxy of fastify-clerk-auth/proxy after this plugin',
  headerType: 'remove it, session tokens must be of type JWT',
  clerkClient: 'remove it, the plugin has no client; use createClerkClient of @clerk/backend beside it',
  apiClient: 'remove it, the plugin has no client; use createClerkClient of @clerk/backend beside it',
  __internal_enableHandshake: 'use handshake',
  skipJwksCache: 'remove it, jwks.cacheMaxAgeInMs says how long keys are believed',
  jwksCacheTtlInMs: 'use jwks.cacheMaxAgeInMs',
  afterSignInUrl: 'remove it, it has no effect on authentication',
  afterSignUpUrl: 'remove it, it has no effect on authentication',
  telemetry: 'remove it, nothing is reported to anybody',
  sdkMetadata: 'remove it, it has no effect on authentication',
  userAgent: 'remove it, the plugin names itself in its calls',
  webhookSigningSecret: 'it belongs to fastify-clerk-auth/webhooks',
  signingSecret: 'it belongs to fastify-clerk-auth/webhooks',
  prefix: 'remove it, the plugin adds no routes; register it inside the prefixed plugin instead',
  logLevel: 'remove it, the plugin adds no routes whose log it could set',
  logSerializers: 'remove it, the plugin adds no routes whose log it could set',
  treatPendingAsSignedOut: 'set it per route, in config.clerk'
})
