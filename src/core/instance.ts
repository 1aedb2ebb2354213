import { createPendingAuth, createSignedInAuth } from './auth/session-auth.js'
import { type BackendApi, createBackendApi } from './backend-api/backend-api.js'
import { createSessionAuthContext } from './backend-api/session-tokens.js'
import { countRepeats } from './counted-log.js'
import type { ClockOffset } from './diagnostics/clock-estimate.js'
import { type EvictionEvent, evictionChannel } from './diagnostics/events.js'
import { createMissingPartyCount } from './diagnostics/missing-party.js'
import { createVerificationObserver } from './diagnostics/verification-observer.js'
import { type InstanceMismatch, mismatchText } from './jwks/instance-mismatch.js'
import { createKeyStore } from './jwks/key-store.js'
import { watchForMismatch } from './jwks/mismatch-watch.js'
import type { KeyStore, KeyStoreHealth, KeyStoreStats } from './jwks/types.js'
import { convert, type Eventually, isToCome, Later, whenEnded } from './later.js'
import type { Logger } from './logger.js'
import type { AudienceRule } from './machine/audience.js'
import { createMachineVerifier, type MachineVerifier } from './machine/machine-verifier.js'
import type { AcceptsToken } from './options/accepts-token.js'
import type { InstanceSettings } from './options/instance-settings.js'
import { createReporter } from './report-only.js'
import type { Carried } from './request/carried.js'
import { type CookieReader, compileCookieReader } from './request/cookies.js'
import { blindWhileAway, type RevocationLook } from './revocation/blind-while-away.js'
import { publishBusChange } from './revocation/events.js'
import { createRevocations, type Revocations, type RevocationsHealth } from './revocation/revocations.js'
import type { Effects } from './state/effects.js'
import { compileKnownSession, type KnownSession } from './state/known-session.js'
import type { RequestState } from './state/request-state.js'
import { createStateSettings } from './state/settings.js'
import { createStateMachine } from './state/state-machine.js'
import { Stats } from './stats.js'
import { compileClaimCheck } from './token/claims.js'
import type { VerificationOutcome, VerifyResult } from './token/outcome.js'
import { explainByKeys, failureFor } from './token/outcome.js'
import { createTokenCache, type TokenCache } from './token/token-cache.js'
import { createVerifier, type Verifier } from './token/verifier.js'
import { USER_AGENT } from './version.js'

export interface InstanceHealth {
  readonly keys: KeyStoreHealth
  readonly revocation: RevocationsHealth
  /** Clerk's clock minus ours, estimated from the key endpoint and fresh tokens; null: not known. */
  readonly clock: ClockOffset | null
  /** Two options whose keys belong to different instances, once that is known; null: it is not. */
  readonly instanceMismatch: InstanceMismatch | null
  /** Something is wrong: keys beyond their freshness, a bus that is away, or keys of two instances. */
  readonly degraded: boolean
  /**
   * Tokens can be judged, in an outage too as long as known keys may be used. False while the bus is away if
   * `revocation.whenBusIsAway` is `refuse`. For a readiness route.
   */
  readonly ready: boolean
}

export interface InstanceStats extends Readonly<Stats> {
  readonly cachedTokens: number
  readonly cachedBytes: number
  readonly keys: KeyStoreStats
}

/** A route's part in the decision. */
export interface AuthenticationPolicy {
  readonly acceptsToken: AcceptsToken
  /** False: a request that only a redirect through FAPI could settle is signed out. */
  readonly allowsHandshake: boolean
  /** Of machine tokens. */
  readonly audience: AudienceRule
}

/** One Clerk application, with keys and caches of its own: nothing that it keeps is shared with another instance. */
export interface Instance {
  readonly settings: InstanceSettings
  readonly counters: Stats
  /** For lines that a request can cause: repetitions are counted. */
  readonly log: Logger
  readonly verifier: Verifier
  readonly keyStore: KeyStore
  readonly cache: TokenCache
  readonly revocations: Revocations
  readonly readCookies: CookieReader
  readonly knownSession: KnownSession
  /** Where browsers reach FAPI on this server: the option `proxyUrl`, or the path given to `followProxy`; `''`: nowhere. */
  readonly proxyUrl: string
  /** Takes the path of a proxy for `proxyUrl`, which was not given. Only before the first request. */
  followProxy(path: string): void
  /** The state of a request to a route with this policy. */
  authenticate(carried: Carried, policy: AuthenticationPolicy): Eventually<RequestState>
  verifyToken(token: string): VerifyResult | Promise<VerifyResult>
  stats(): InstanceStats
  health(): InstanceHealth
  /** Requests and tokens that wait for a verification, for keys or for Clerk. */
  readonly waiting: number
  /** Lets go of verified tokens, which can be verified again, and of refused machine tokens; of nothing else. */
  rest(): void
  /** Fetches the keys as `jwks.warmUp` says, and the revocations that were made before this process started. */
  ready(): Promise<void>
  /** Stops refreshing keys, leaves the bus, and forgets the tokens. */
  close(): Promise<void>
}

/**
 * First-seen tokens that one turn of the event loop verifies itself for a caller that brings one after the other. A visit to the
 * thread pool takes as long as five signatures (RSA 2048): this many tokens share one. They keep the loop from its other work
 * for some 0.4 ms.
 */
const SYNCHRONOUS_PER_TURN = 16

export function createInstance(settings: InstanceSettings): Instance {
  const { now, logger, clockSkewInMs } = settings
  const counters = new Stats()
  const log = countRepeats(logger)
  const watch = watchForMismatch(
    createKeyStore(settings, { activity: () => counters.hits + counters.misses }),
    settings
  )
  const { keyStore } = watch
  const cache = createTokenCache({
    ...settings.tokenCache,
    onEvict() {
      counters.evictions++
      if (evictionChannel.hasSubscribers) {
        evictionChannel.publish({
          instance: settings.frontendApi,
          cachedTokens: cache.size,
          cachedBytes: cache.bytes
        } satisfies EvictionEvent)
      }
    }
  })
  const revocations = createRevocations({
    now,
    logger: log,
    clockSkewMs: clockSkewInMs,
    bus: settings.revocation.bus ?? undefined,
    onBusChange: (change) => publishBusChange(settings.frontendApi, change),
    maxEntries: settings.revocation.maxEntries
  })
  if (settings.acceptsToken !== 'session_token') revocations.expectMachineTokens()
  const { bus, whenBusIsAway } = settings.revocation
  const refuses = whenBusIsAway === 'refuse' && bus !== null
  const revocationLook: RevocationLook = refuses ? blindWhileAway(revocations, bus) : revocations
  const backendApi = createInstanceBackendApi(settings, log)
  const authContext = createSessionAuthContext(backendApi)
  const checkClaims = compileClaimCheck({ ...settings, onReport: createReporter(logger, counters) })
  const observer = createVerificationObserver({
    instance: settings.frontendApi,
    endpointOffsetMs: () => keyStore.health().clockOffsetMs,
    checkClaims,
    logger
  })
  const verifier = createVerifier({
    keyStore,
    cache,
    checkClaims,
    issuers: settings.issuers,
    originalFrontendApi: settings.originalFrontendApi,
    clockSkewInMs,
    auth: {
      signedIn: (claims, token) => createSignedInAuth(claims, token, authContext),
      pending: createPendingAuth
    },
    revocations: revocationLook,
    observer,
    stats: counters,
    now,
    synchronousPerTurn: SYNCHRONOUS_PER_TURN
  })
  // Made for the first machine token: most instances never see one.
  let machineVerifier: MachineVerifier | undefined
  const machineTokens = (): MachineVerifier => {
    if (machineVerifier !== undefined) return machineVerifier
    revocations.expectMachineTokens()
    // Revocations that gave way to a watermark are known no more: of opaque tokens, Clerk is to say again what they are.
    revocations.onRevoked(({ kind }) => {
      if (kind === 'all-machine-jwts') machineVerifier?.askAgain()
    })
    machineVerifier = createMachineVerifier({
      backendApi,
      verifySignature: verifier.verifySignature,
      clockSkewMs: clockSkewInMs,
      isDevelopment: settings.instanceType === 'development',
      cacheTtlMs: settings.machineTokens.cacheTtlInMs,
      negativeCacheTtlMs: settings.machineTokens.negativeCacheTtlInMs,
      maxEntries: settings.machineTokens.maxEntries,
      maxConcurrency: settings.machineTokens.maxConcurrency,
      jwtOnly: settings.machineTokens.jwtOnly,
      revocations: revocationLook,
      now
    })
    return machineVerifier
  }
  const stateSettings = createStateSettings(settings)
  const explain = (outcome: VerificationOutcome): VerificationOutcome =>
    watch.found === null ? outcome : explainByKeys(outcome, mismatchText(watch.found))
  const effects: Effects = {
    lookUp: verifier.lookUp,
    decode: verifier.decode,
    accept: verifier.accept,
    // In production a client is not told of the options.
    verifySession:
      settings.instanceType === 'development' ? (token) => convert(verifier.judge(token), explain) : verifier.judge,
    verifySessionText: (text, given) => verifier.verify(text, given?.skewMs),
    verifySignature: verifier.verifySignature,
    fetchHandshakePayload: backendApi && ((nonce) => backendApi.fetchHandshakePayload(nonce)),
    refreshSession: backendApi && ((request) => backendApi.refreshSession(request)),
    verifyMachineToken: (type, text, token) => machineTokens().verify(type, text, token),
    sawNoParty: createMissingPartyCount(logger, counters, settings),
    now,
    log
  }
  let decide = createStateMachine(stateSettings, effects)
  let { proxyUrl } = settings
  const readCookies = compileCookieReader(settings.cookieSuffix)
  let waiting = 0
  const leave = (): void => {
    waiting--
  }
  function counted<T>(answer: Eventually<T>): Eventually<T> {
    if (!isToCome(answer)) return answer
    waiting++
    whenEnded(answer, leave)
    return answer
  }

  return {
    settings,
    counters,
    log,
    verifier,
    keyStore,
    cache,
    revocations,
    readCookies,
    knownSession: compileKnownSession({
      readsCookies: stateSettings.readsCookies,
      isDevelopment: stateSettings.isDevelopment,
      isSatellite: stateSettings.isSatellite,
      syncsOrganization: stateSettings.organizationTarget !== null,
      cookieSuffix: settings.cookieSuffix,
      recall: verifier.recall,
      accept: verifier.accept
    }),
    get proxyUrl() {
      return proxyUrl
    },
    followProxy(path) {
      proxyUrl = path
      decide = createStateMachine(createStateSettings({ ...settings, proxyUrl }), effects)
    },
    authenticate: (carried, { acceptsToken, allowsHandshake, audience }) =>
      counted(decide(carried, acceptsToken, allowsHandshake, audience)),
    verifyToken(token) {
      // A caller without types may pass on any value that a client sent.
      if (typeof token !== 'string') return toResult(failureFor('token-invalid'))
      const result = counted(convert(verifier.verify(token), (outcome) => toResult(explain(outcome))))
      return result instanceof Later ? result.promise() : result
    },
    stats: () => ({
      ...counters,
      cachedTokens: cache.size,
      cachedBytes: cache.bytes,
      keys: keyStore.stats()
    }),
    health() {
      const keys = keyStore.health()
      const revocation = revocations.health()
      return {
        keys,
        revocation,
        clock: observer.clock.current(now()),
        instanceMismatch: watch.found,
        degraded: keys.degraded || revocation.bus?.connected === false || watch.found !== null,
        // Keys from PEM have no kid: then a store without keys shows in being degraded.
        ready: (keys.kids.length > 0 || !keys.degraded) && !(refuses && revocation.bus?.connected === false)
      }
    },
    get waiting() {
      return waiting
    },
    rest() {
      cache.clear()
      machineVerifier?.rest()
      keyStore.rest()
    },
    async ready() {
      await Promise.all([keyStore.ready(), revocations.ready])
    },
    async close() {
      keyStore.close()
      cache.clear()
      await revocations.close()
    }
  }
}

function createInstanceBackendApi(settings: InstanceSettings, log: Logger): BackendApi | null {
  const { secretKey, machineSecretKey, apiUrl, apiVersion, fetch, now } = settings
  if (secretKey === null && machineSecretKey === null) return null
  return createBackendApi({
    apiUrl,
    apiVersion,
    secretKey,
    machineSecretKey,
    fetch,
    timeoutMs: settings.apiTimeoutInMs,
    userAgent: USER_AGENT,
    log,
    now
  })
}

function toResult(outcome: VerificationOutcome): VerifyResult {
  if (outcome.ok) return { ok: true, claims: outcome.claims, auth: outcome.auth }
  const { reason, message, unavailable, retryAfterSeconds } = outcome
  return { ok: false, reason, message, retryAfterSeconds: unavailable ? retryAfterSeconds : null }
}
