import { LocalClerkArgumentError } from '../core/errors.js'
import { checkItem } from '../core/options/checks.js'
import { boolean } from '../core/options/readers.js'
import { readOptions } from '../core/options/table.js'
import { systemNow } from '../core/steady-clock.js'
import { createClients } from './clients.js'
import { type CookieOptions, cookieHeader } from './cookies.js'
import { isLive, tokenOfSession } from './directives.js'
import { createDirectory, type Directory, type LocalSession } from './directory.js'
import { createMountedFetch, dispatch } from './dispatch.js'
import { createFaults, type Faults } from './faults.js'
import { createSignInTokens } from './frontend-api/sign-in-tokens.js'
import { refuseForeign } from './gate.js'
import { checkToken, readInput } from './inputs.js'
import { createLocalInstance, type LocalInstance } from './instance.js'
import { createListening } from './listening.js'
import { createMachineTokens, type MachineTokens } from './machine-tokens.js'
import { createOAuthState } from './oauth/state.js'
import { type ListenOptions, type LocalClerkOptions, readLocalClerkOptions } from './options.js'
import { createRequestLog, type RequestLog } from './request-log.js'
import { createSessionClaims, SESSION_TOKEN, type SessionTokenInput } from './session-claims.js'
import { createSigningKeys, type LocalJwk } from './signing-keys.js'
import type { LocalState } from './state.js'
import { createTokenOrigin } from './token-origin.js'
import { type SignedWebhook, signWebhookEvent, type WebhookEvent, type WebhookInput } from './webhooks.js'

/** Options that register the plugin against a local instance. */
export interface LocalPluginOptions {
  publishableKey: string
  secretKey: string
  apiUrl: string
  /** These and all that follow: null, so that no `CLERK_*` variable of the environment counts. */
  jwtKey: null
  machineSecretKey: null
  apiVersion: null
  domain: null
  isSatellite: null
  signInUrl: null
  signUpUrl: null
  /** Null while nothing listens. */
  proxyUrl: string | null
  fetch?: typeof globalThis.fetch
  now?: () => number
}

/** A stand-in for a Clerk instance, for tests, playgrounds and offline development. */
export interface LocalClerk extends LocalInstance {
  /** PEM (SPKI) of the current signing key's public key, as for `CLERK_JWT_KEY`. */
  readonly jwtKey: string
  readonly kid: string
  readonly directory: Directory
  /** The key set as FAPI and BAPI publish it now. */
  jwks(): { keys: LocalJwk[] }
  /**
   * Answers for the instance's hosts without a socket. Rejects for any other host, as `fetch` does without a network.
   */
  readonly fetch: typeof globalThis.fetch
  /**
   * Options to register the plugin with; `overrides` replace them. They use sockets once the instance listens, else
   * `fetch`. With `authorizedParties` in `overrides`, tokens made from now on are such as the application accepts.
   */
  pluginOptions<const T extends object = object>(overrides?: T): LocalPluginOptions & T
  signSessionToken(input?: SessionTokenInput): string
  /** Signs any claims; `header` replaces JOSE header parameters of a session token. */
  sign(claims: unknown, header?: Readonly<Record<string, unknown>>, kid?: string): string
  /** Headers of a request that carries the token in `Authorization`. */
  bearer(token?: string | SessionTokenInput): { authorization: string }
  /** `Cookie` header of a browser with that session token; null: of a signed-out browser. */
  cookies(token?: string | SessionTokenInput | null, options?: CookieOptions): string
  /** Makes a new signing key and returns its `kid`. With `keepOld` (default true) the old keys stay in the key set. */
  rotateKeys(options?: { keepOld?: boolean }): Promise<string>
  /** Removes a key from the key set. False: it was not in the set. */
  withdrawKey(kid: string): boolean
  /** Signs a user in without a browser. The session can be refreshed and revoked, and makes tokens. */
  openSession(userId: string): LocalSession
  /**
   * A fresh token of that session, with its active organization; `input` overrides claims. Throws
   * `FST_CLERK_LOCAL_ARGUMENT` for a session that is unknown, revoked or has ended.
   */
  sessionToken(sessionId: string, input?: SessionTokenInput): string
  /** From now on the session makes no token; those made before are good until they expire. False: unknown session. */
  revokeSession(sessionId: string): boolean
  readonly machineTokens: Omit<MachineTokens, 'find'>
  /** Makes a webhook delivery, signed with `webhookSecret`. */
  signWebhook(event: WebhookEvent | string, input?: WebhookInput): SignedWebhook
  /** Pages that sign in and out. Both take `redirect_url` in the query. */
  readonly signInUrl: string
  readonly signOutUrl: string
  readonly faults: Faults
  readonly requests: RequestLog
  /**
   * Serves the instance on loopback. Resolves to `origin`. `port`: 0 to 65535. Default 0: any free port.
   * Rejects with `FST_CLERK_LOCAL_PEER` where `tls: true` lacks its optional peer.
   */
  listen(options?: number | ListenOptions): Promise<string>
  /**
   * Where browsers reach FAPI; null until it listens. `http://localhost:<port>`, which to a browser is another site
   * than an application at 127.0.0.1, as FAPI is; or the FAPI host with the port, if that host ends in `.localhost`.
   */
  readonly origin: string | null
  /** The certificate of `listen({ tls })`, in PEM; null without TLS. Node trusts it by `NODE_EXTRA_CA_CERTS`. */
  readonly certificate: string | null
  close(): Promise<void>
}

/**
 * Makes a local Clerk instance with keys of its own. Nothing leaves the machine.
 * Rejects with `FST_CLERK_LOCAL_IN_PRODUCTION` if `NODE_ENV` is `production`, with the coded error of a bad option.
 */
export async function createLocalClerk(options: LocalClerkOptions = {}): Promise<LocalClerk> {
  const settings = readLocalClerkOptions(options, process.env.NODE_ENV)
  const instance = createLocalInstance(settings)
  const keys = await createSigningKeys(settings.signingKey)
  const directory = createDirectory(settings.users, settings.organizations)
  const faults = createFaults()
  const requests = createRequestLog()
  const clock = settings.now ?? systemNow
  const now = () => Math.max(clock(), FIRST_MOMENT_MS)
  const lifetimeSeconds = settings.tokenLifetimeInMs / 1000
  const tokenOrigin = createTokenOrigin(settings.azp)
  const closing = new AbortController()
  const { satellites, templates, handshakeFormat, refreshTokens } = settings
  const listening = createListening(
    instance,
    satellites,
    async (request) => refuseForeign(request, state) ?? handle(request),
    now
  )

  const signSessionToken = (given?: SessionTokenInput): string => {
    const input = readInput(SESSION_TOKEN, 'SessionTokenInput', given)
    return keys.sign(
      input.header ?? {},
      createSessionClaims(input, instance.issuer, tokenOrigin.ofTest(), now(), lifetimeSeconds),
      input.kid
    )
  }
  const toToken = (token?: string | SessionTokenInput): string =>
    typeof token === 'string' ? checkToken(token) : signSessionToken(token)

  const publicOrigin = () => listening.current()?.origin ?? instance.issuer
  const machineTokens = createMachineTokens(instance, keys, now)
  const state: LocalState = {
    instance,
    keys,
    directory,
    clients: createClients(),
    machineTokens,
    oauth: createOAuthState(settings.oauthTokenFormat),
    signInTokens: createSignInTokens(),
    satellites,
    templates,
    handshakeFormat,
    refreshTokens,
    tokenOrigin,
    now,
    publicOrigin,
    signSessionToken
  }
  const handle = (request: Request) => dispatch({ state, faults, requests, closing: closing.signal }, request)
  const fetch = createMountedFetch(handle, () => [
    instance.frontendApi,
    ...satellites.map((domain) => `clerk.${domain}`),
    new URL(instance.apiUrl).host,
    ...(listening.current()?.hosts ?? [])
  ])

  return {
    ...instance,
    get jwtKey() {
      return keys.current().pem
    },
    get kid() {
      return keys.current().kid
    },
    get origin() {
      return listening.current()?.origin ?? null
    },
    get certificate() {
      return listening.current()?.certificate ?? null
    },
    get signInUrl() {
      return `${publicOrigin()}/sign-in`
    },
    get signOutUrl() {
      return `${publicOrigin()}/sign-out`
    },
    machineTokens,
    openSession: (userId) => directory.openSession(checkItem({ name: 'openSession.userId', value: userId }), now()),
    sessionToken(sessionId, input) {
      const session = directory.session(sessionId)
      if (!isLive(session)) throw new LocalClerkArgumentError('sessionId', 'the id of an open session')
      return tokenOfSession(state, session, readInput(SESSION_TOKEN, 'SessionTokenInput', input))
    },
    revokeSession(sessionId) {
      const session = directory.session(checkItem({ name: 'revokeSession.sessionId', value: sessionId }))
      if (session !== undefined) session.status = 'revoked'
      return session !== undefined
    },
    signWebhook: (event, input) => signWebhookEvent(event, input, instance.webhookSecret, now()),
    directory,
    faults,
    requests,
    signSessionToken,
    jwks: () => ({ keys: keys.published() }),
    fetch,
    pluginOptions<T extends object>(overrides?: T) {
      tokenOrigin.follow((overrides as { readonly authorizedParties?: unknown } | undefined)?.authorizedParties)
      const address = listening.current()
      return {
        ...NOT_FROM_THE_ENVIRONMENT,
        publishableKey: instance.publishableKey,
        secretKey: instance.secretKey,
        ...(address === null
          ? { apiUrl: instance.apiUrl, fetch }
          : { apiUrl: address.apiUrl, proxyUrl: address.origin }),
        ...(settings.now && { now: settings.now }),
        ...overrides
      } as LocalPluginOptions & T
    },
    sign: (claims, header = {}, kid) => keys.sign(header, claims, kid),
    bearer: (token) => ({ authorization: `Bearer ${toToken(token)}` }),
    cookies: (token, cookieOptions) => cookieHeader(instance, token === null ? null : toToken(token), cookieOptions),
    async rotateKeys(given) {
      return keys.rotate(readOptions(ROTATION, given, { path: 'rotateKeys' }).keepOld)
    },
    withdrawKey: (kid) => keys.withdraw(checkItem({ name: 'withdrawKey.kid', value: kid })),
    async listen(listenOptions) {
      await listening.start(listenOptions)
      return publicOrigin()
    },
    async close() {
      closing.abort()
      faults.clear()
      await listening.close()
    }
  }
}

/** A clock that counts from 0 begins here: `__client_uat` with 0 seconds would say that nobody is signed in. */
const FIRST_MOMENT_MS = 1000

const ROTATION = { keepOld: boolean({ default: true }) }

const NOT_FROM_THE_ENVIRONMENT = {
  jwtKey: null,
  machineSecretKey: null,
  apiVersion: null,
  domain: null,
  isSatellite: null,
  signInUrl: null,
  signUpUrl: null,
  proxyUrl: null
} as const
