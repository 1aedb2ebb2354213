import { createPendingAuth, createSignedInAuth } from './auth/session-auth.js'
import { createSessionAuthContext } from './backend-api/session-tokens.js'
import { countRepeats } from './counted-log.js'
import { type EvictionEvent, evictionChannel } from './diagnostics/events.js'
import { createMisdirectedCount } from './diagnostics/misdirected-tokens.js'
import { createMissingPartyCount } from './diagnostics/missing-party.js'
import { createVerificationObserver } from './diagnostics/verification-observer.js'
import { createInstanceBackendApi } from './instance/backend-api.js'
import { createInstanceHealth, type InstanceHealth } from './instance/health.js'
import { createMachineTokens } from './instance/machine-tokens.js'
import { createWaitingCount } from './instance/waiting-count.js'
import { createKeyStore } from './jwks/key-store.js'
import { watchForMismatch } from './jwks/mismatch-watch.js'
import type { KeyStore, KeyStoreStats } from './jwks/types.js'
import { convert, type Eventually, Later } from './later.js'
import type { Logger } from './logger.js'
import type { AudienceRule } from './machine/audience.js'
import type { AcceptsToken } from './options/accepts-token.js'
import type { InstanceSettings } from './options/instance-settings.js'
import { createReporter } from './report-only.js'
import type { Carried } from './request/carried.js'
import { type CookieReader, compileCookieReader } from './request/cookies.js'
import { blindWhileAway, type RevocationLook } from './revocation/blind-while-away.js'
import { publishBusChange } from './revocation/events.js'
import { createRevocations } from './revocation/revocations.js'
import type { Revocations } from './revocation/types.js'
import type { Effects } from './state/effects.js'
import { compileKnownMachine, type KnownMachine } from './state/known-machine.js'
import { compileKnownSession, type KnownSession } from './state/known-session.js'
import type { RequestState } from './state/request-state.js'
import { createStateSettings } from './state/settings.js'
import { createStateMachine, type Refused } from './state/state-machine.js'
import { compileFirstSeen, type FirstSeen } from './state/unseen-session.js'
import { Stats } from './stats.js'
import { compileClaimCheck } from './token/claims.js'
import type { VerificationOutcome, VerifyOptions, VerifyResult } from './token/outcome.js'
import { explainByKeys, failureFor, isOfForeignKeys, toVerifyResult } from './token/outcome.js'
import { createTokenMemory, type TokenMemory } from './token/token-memory.js'
import type { UnverifiedToken } from './token/unverified-token.js'
import { createVerifier, type Verifier } from './token/verifier.js'

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
  readonly memory: TokenMemory
  readonly revocations: Revocations
  readonly readCookies: CookieReader
  readonly knownSession: KnownSession
  readonly knownMachine: KnownMachine
  /** Where browsers reach FAPI on this server: the option `proxyUrl`, or the path given to `followProxy`; `''`: nowhere. */
  readonly proxyUrl: string
  /** Takes the path of a proxy for `proxyUrl`, which was not given. Only before the first request. */
  followProxy(path: string): void
  /** What is left to do for a token that `knownSession` has not found in memory: `verifySession`, or the whole `authenticate`. */
  readonly firstSeen: FirstSeen
  /** Judges a token that `firstSeen` has given. Is not among `waiting`, but for the caller's `enterWaiting` and `leaveWaiting`. */
  verifySession(token: UnverifiedToken): Eventually<VerificationOutcome>
  enterWaiting(): void
  leaveWaiting(): void
  /** The state of a request to a route with this policy. `refused`: by `verifySession`. */
  authenticate(carried: Carried, policy: AuthenticationPolicy, refused?: Refused | null): Eventually<RequestState>
  verifyToken(token: string, options?: VerifyOptions): VerifyResult | Promise<VerifyResult>
  /** For the operator, never for a client: why requests are refused for this reason. Null: no more is known than the reason. */
  causeOf(reason: string | null): string | null
  /** Clerk's clock minus ours, in ms; null: not known. */
  clockOffsetMs(): number | null
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
 * First-seen tokens that one turn of the event loop verifies itself for a caller that brings one after the other. They keep the
 * loop from its other work for some 0.2 ms (RSA 2048); more in a turn make no token cheaper.
 */
const SYNCHRONOUS_PER_TURN = 8

export function createInstance(settings: InstanceSettings): Instance {
  const { now, logger, clockSkewInMs } = settings
  const counters = new Stats()
  const log = countRepeats(logger)
  const watch = watchForMismatch(
    createKeyStore(settings, {
      activity: () => counters.hits + counters.misses
    }),
    settings
  )
  const { keyStore } = watch
  const memory = createTokenMemory({
    ...settings.tokenCache,
    onEvict(count) {
      counters.evictions += count
      if (evictionChannel.hasSubscribers) {
        evictionChannel.publish({
          instance: settings.frontendApi,
          cachedTokens: memory.size,
          cachedBytes: memory.bytes
        } satisfies EvictionEvent)
      }
    }
  })
  const revocations = createRevocations({
    now,
    logger,
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
  const checkClaims = compileClaimCheck({
    ...settings,
    onReport: createReporter(logger, counters)
  })
  const observer = createVerificationObserver({
    instance: settings.frontendApi,
    endpointOffsetMs: () => keyStore.health().clockOffsetMs,
    sawForeignIssuer: watch.suspectIssuer,
    logger
  })
  const verifier = createVerifier({
    keyStore,
    memory,
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
  const machineTokens = createMachineTokens(settings, {
    backendApi,
    verifySignature: verifier.verifySignature,
    revocations,
    revocationLook
  })
  const stateSettings = createStateSettings(settings)
  const explain = (outcome: VerificationOutcome): VerificationOutcome =>
    watch.cause === null ? outcome : explainByKeys(outcome, watch.cause)
  const clockOffsetMs = () => observer.clock.current(now())?.offsetMs ?? null
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
    verifyMachineToken: (type, text, token) => machineTokens.verify(type, text, token),
    clockOffsetMs,
    sawNoParty: createMissingPartyCount(logger, counters, settings),
    sawMisdirected: createMisdirectedCount(log, now),
    now,
    log
  }
  let decide = createStateMachine(stateSettings, effects)
  let { proxyUrl } = settings
  const readCookies = compileCookieReader(settings.cookieSuffix)
  const waiting = createWaitingCount()

  return {
    settings,
    counters,
    log,
    verifier,
    keyStore,
    memory,
    revocations,
    readCookies,
    knownSession: compileKnownSession({
      readsCookies: stateSettings.readsCookies,
      isDevelopment: stateSettings.isDevelopment,
      isSatellite: stateSettings.isSatellite,
      organizationTarget: stateSettings.organizationTarget,
      cookieSuffix: settings.cookieSuffix,
      recall: verifier.recall,
      accept: verifier.accept
    }),
    knownMachine: compileKnownMachine(machineTokens.recall),
    get proxyUrl() {
      return proxyUrl
    },
    followProxy(path) {
      proxyUrl = path
      decide = createStateMachine(createStateSettings({ ...settings, proxyUrl }), effects)
    },
    firstSeen: compileFirstSeen({ ...settings, decodeUnseen: verifier.decodeUnseen }),
    verifySession: effects.verifySession,
    enterWaiting: waiting.enter,
    leaveWaiting: waiting.leave,
    authenticate: (carried, { acceptsToken, allowsHandshake, audience }, refused) =>
      waiting.count(decide(carried, acceptsToken, allowsHandshake, audience, refused)),
    verifyToken(token, options) {
      // A caller without types may pass on any value that a client sent.
      if (typeof token !== 'string') return toVerifyResult(failureFor('token-invalid'))
      const result = waiting.count(
        convert(verifier.verify(token), (outcome) => toVerifyResult(explain(outcome), options))
      )
      return result instanceof Later ? result.promise() : result
    },
    causeOf: (reason) => (isOfForeignKeys(reason) ? watch.cause : null),
    clockOffsetMs,
    stats: () => ({
      ...counters,
      cachedTokens: memory.size,
      cachedBytes: memory.bytes,
      keys: keyStore.stats()
    }),
    health: createInstanceHealth({
      keyStore,
      revocations,
      clock: observer.clock,
      mismatch: watch,
      needsBus: refuses,
      now
    }),
    get waiting() {
      return waiting.now
    },
    rest() {
      memory.clear()
      machineTokens.rest()
      keyStore.rest()
    },
    async ready() {
      await Promise.all([keyStore.ready(), revocations.ready])
    },
    async close() {
      keyStore.close()
      memory.clear()
      await revocations.close()
    }
  }
}
