import type { TokenType } from '../auth/types.js'
import type { Logger } from '../logger.js'
import type { RevocationBus } from '../revocation/bus.js'

/** What a request may authenticate with: one type, several, or `any`. */
export type AcceptsToken = TokenType | 'any' | readonly TokenType[]

/** `full`: status, reason and message; `reason`: without the message; `false`: no `x-clerk-auth-*` header at all. */
export type DebugHeaders = 'full' | 'reason' | false

/** When keys are fetched first, and who waits for them: see `jwks.warmUp`. */
export type WarmUp = 'wait' | 'wait-or-degrade' | 'background' | false

/** Keeps the text of the last good key set outside the process. What it returns is validated like a fetched set. */
export interface KeySetSnapshotStore {
  get(): Promise<string | null | undefined> | string | null | undefined
  set(snapshot: string): Promise<void> | void
}

/**
 * Options of the plugin, of `createTokenVerifier`, and of each instance a resolver returns.
 *
 * Names are Clerk's where Clerk has them. An option that is `undefined` counts as not given and, where a variable is
 * named below, is read from the environment (an empty variable counts as unset). `null`, where allowed, means "none,
 * and do not look at the environment". Values are never coerced: what does not fit fails registration with a coded
 * error that names the option. One key source is needed, any of `jwtKey`, `jwks.keys`, `secretKey`, `publishableKey`.
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
   * for a rotation, as a list or concatenated. Accepted as environment files write it: CRLF, one line, spaces or
   * literal `\n` for line breaks, or the bare base64 body. Environment: `CLERK_JWT_KEY`. Security: overrides every
   * other key source; a key removed at Clerk stays trusted until it is removed here.
   */
  readonly jwtKey?: string | readonly string[] | null | undefined
  /** A key set given in code, and how fetched key sets are kept. */
  readonly jwks?: JwksOptions | undefined
  /** Origin (and path) of BAPI. Default: follows from the publishable key, else `https://api.clerk.com`. Environment: `CLERK_API_URL`. Security: the secret key goes there. */
  readonly apiUrl?: string | undefined
  /** Version segment of BAPI paths. Default `v1`. Environment: `CLERK_API_VERSION`. */
  readonly apiVersion?: string | undefined
  /** Time limit of a BAPI call that a request waits for, in ms. Default 5000, 100 to 60000. */
  readonly apiTimeoutInMs?: number | undefined

  /** Accepted `aud`: a token that has an `aud` must share one value. Default: not checked. Security: proves nothing alone, session tokens normally have no `aud`. */
  readonly audience?: string | readonly string[] | undefined
  /**
   * Origins whose tokens are accepted (claim `azp`), e.g. `https://app.example.com`: exact strings, no trailing slash.
   * A token without `azp` is refused. Default: not checked. Security: recommended; keeps tokens that leak to a sibling
   * subdomain from being used here.
   */
  readonly authorizedParties?: readonly string[] | undefined
  /**
   * Accepted `iss`, instead of what follows from the keys: `https://` + the host in the publishable key, `https://clerk.`
   * + `domain` on a production satellite, and an absolute `proxyUrl`. `null` turns the check off. Default: checked
   * whenever the publishable key is known. Security: `null` leaves the signature as the only tie to the instance.
   */
  readonly issuer?: string | readonly string[] | null | undefined
  /** Checks that only count and log once instead of refusing: for a safe roll-out. Default: none. Security: a listed check protects nothing yet. */
  readonly reportOnly?: readonly ('issuer' | 'authorizedParties')[] | undefined
  /** Tolerated clock difference in ms, for `exp`, `nbf` and `iat`. Default 5000, 0 to 3600000. Security: tokens live that much longer. */
  readonly clockSkewInMs?: number | undefined
  /** What requests may authenticate with; a route may say otherwise. Default `session_token`. Security: machine token types cost BAPI calls. */
  readonly acceptsToken?: AcceptsToken | undefined

  /** Domain of this application when it is a satellite, without scheme or path, e.g. `satellite.example`. Environment: `CLERK_DOMAIN`. */
  readonly domain?: string | undefined
  /** This application runs on a satellite domain; needs `domain` or `proxyUrl`, in development `signInUrl` too. Default false. Environment: `CLERK_IS_SATELLITE` (`true` or `false`). */
  readonly isSatellite?: boolean | undefined
  /** Sync a satellite with its primary on the first visit without cookies. Default false. */
  readonly satelliteAutoSync?: boolean | undefined
  /** Where browsers reach FAPI through your own domain: an absolute URL, or a path on this server such as `/__clerk` (tokens are then still expected to name the FAPI host as `iss`; otherwise set `issuer`). Environment: `CLERK_PROXY_URL`. Security: handshakes, with the session token, go there. */
  readonly proxyUrl?: string | undefined
  /** Sign-in page: an absolute URL, or a path. On a satellite absolute, on the primary domain. Environment: `CLERK_SIGN_IN_URL`. */
  readonly signInUrl?: string | undefined
  /** Sign-up page: an absolute URL, or a path. Taken so that Clerk configurations carry over; authentication itself never redirects there. Environment: `CLERK_SIGN_UP_URL`. */
  readonly signUpUrl?: string | undefined
  /** Resolve undecided browser states by a redirect through FAPI. Default true. `false` for pure JSON APIs: never a redirect, handshake cookies are ignored. */
  readonly handshake?: boolean | undefined
  /** The `x-clerk-auth-*` response headers of requests that are not signed in. Default `full`, as Clerk's SDK. Security: `reason` and `false` tell strangers less. */
  readonly debugHeaders?: DebugHeaders | undefined
  /** `requireAuth` answers a browser's page load with a redirect to `signInUrl` instead of 401. Default false; needs `signInUrl`. */
  readonly requireAuthRedirect?: boolean | undefined
  /**
   * Every route in scope requires authentication unless it says `config.clerk.public`. Default false. Security: a forgotten
   * guard fails closed. Register with `await` before any route of the server: it refuses to boot after one. A not-found
   * handler is no route: guard it by `setNotFoundHandler({ preHandler: fastify.requireAuth }, …)`.
   */
  readonly defaultDeny?: boolean | undefined
  /** URL patterns that say which organization a page belongs to. */
  readonly organizationSyncOptions?: OrganizationSyncOptions | undefined

  /**
   * Bounds of the cache of verified tokens: `maxEntries` (default 50000, 1 to 10000000) and `maxBytes` (default 64 MiB,
   * 64 KiB to 4 GiB). Security: a full cache costs verifications, never a wrong answer.
   */
  readonly tokenCache?: { readonly maxEntries?: number | undefined; readonly maxBytes?: number | undefined } | undefined
  readonly machineTokens?: MachineTokenOptions | undefined
  /**
   * Sessions ended before their tokens run out: `bus` carries revocations to other processes (default: none, this
   * process only), `maxEntries` bounds those held (default 250000, 1000 to 10000000). Security: beyond the bound the
   * oldest become "every token issued before then", so nothing revoked is ever forgotten.
   */
  readonly revocation?:
    | { readonly bus?: RevocationBus | undefined; readonly maxEntries?: number | undefined }
    | undefined
  /** With a resolver: how many instances are kept built, least recently used go first. Default 100, 1 to 10000. */
  readonly maxInstances?: number | undefined

  /** Milliseconds since the epoch. Default `Date.now`. Security: decides what is expired. */
  readonly now?: (() => number) | undefined
  /** Does every network call. Default: the global `fetch`, looked up per call. */
  readonly fetch?: typeof globalThis.fetch | undefined
  /** Default: `fastify.log`. */
  readonly logger?: Logger | undefined
}

/** Where verification keys come from and how long they are believed. Durations in ms. */
export interface JwksOptions {
  /** A key set (RFC 7517) of public RSA keys given in code: no network. */
  readonly keys?: readonly object[] | undefined
  /** Where the last good key set is kept, so that a cold start needs no network: a file path, or a store. Security: sealed with the secret key where there is one; otherwise whoever can write there can add keys. */
  readonly snapshot?: string | KeySetSnapshotStore | undefined
  /** How long a fetched key set is fresh; `Cache-Control: max-age` may shorten it, to 60 s at least. Default 300000 (Clerk's own), 10000 to 86400000. Security: longest time a withdrawn key is believed while the endpoint answers. */
  readonly cacheMaxAgeInMs?: number | undefined
  /** How long before expiry a background refresh starts. Default 60000, 0 to less than `cacheMaxAgeInMs`. */
  readonly refreshAheadInMs?: number | undefined
  /**
   * How long past expiry known keys stay in use while the endpoint cannot be reached (RFC 5861, stale-if-error).
   * Default 14400000 (4 hours): longer than the incidents and egress faults a team repairs while users go on working,
   * shorter than a working day, because this is also how long a withdrawn key is believed by a server that someone
   * keeps from the endpoint. 0 to 604800000; 0: keys die with their freshness.
   */
  readonly staleIfErrorInMs?: number | undefined
  /**
   * Least time between two fetches that unknown key ids and bad signatures cause. Default 1000, 0 to 3600000. Spacing
   * only: after two fetches such tokens are worth one every 12 s, or every cool-down where that is longer. Security:
   * strangers can make up such tokens; this and the 12 s bound what they cost the key endpoint.
   */
  readonly cooldownInMs?: number | undefined
  /**
   * Time limit of a fetch, body included, and so the longest a request waits for keys. Default 3000, 100 to 60000. A
   * token with an unknown key id may wait up to 1 s longer, for the cool-down to end.
   */
  readonly timeoutInMs?: number | undefined
  /** Largest accepted key set. Default 65536, 1024 to 1048576. */
  readonly maxBytes?: number | undefined
  /** Most keys taken from a set. Default 32, 1 to 256. */
  readonly maxKeys?: number | undefined
  /**
   * Keys before the first request. `wait`: ready when they are there, or refuses to boot; `wait-or-degrade`: waits for the first fetch
   * and boots without keys if it fails; `background`, the default, waits for nothing; `false`: the first token fetches. A secret
   * key that Clerk refuses fails the boot in both waiting forms.
   */
  readonly warmUp?: WarmUp | undefined
  /** Refresh also while no requests come. Default false. */
  readonly pollWhenIdle?: boolean | undefined
}

/** Verification of machine tokens. Durations in ms. */
export interface MachineTokenOptions {
  /** How long BAPI's yes to an opaque token is believed. Default 10000, 0 (off) to 300000. Security: a revoked token works that much longer. */
  readonly cacheTtlInMs?: number | undefined
  /** How long BAPI's no is believed. Default 10000, 0 (off) to 300000. */
  readonly negativeCacheTtlInMs?: number | undefined
  /** Answers kept. Default 10000, 1 to 1000000. */
  readonly maxEntries?: number | undefined
  /** BAPI verifications at a time. Default 16, 1 to 1000. */
  readonly maxConcurrency?: number | undefined
  /** Accept only machine tokens that are JWTs: no BAPI call ever. Default false. */
  readonly jwtOnly?: boolean | undefined
}

/** Patterns in the syntax of path-to-regexp 6, e.g. `/orgs/:slug/(.*)`; parameters `:id` and `:slug` name the organization. */
export interface OrganizationSyncOptions {
  readonly organizationPatterns?: readonly string[] | undefined
  readonly personalAccountPatterns?: readonly string[] | undefined
}
