import { logLine } from '../log-lines.js'
import type { Logger } from '../logger.js'
import { type SetTimer, setUnrefTimer } from '../timers.js'
import type { RevocationBus, RevocationBusChange, RevocationBusHealth, RevocationPeer } from './bus.js'
import type { ObservedMachineToken, ObservedToken } from './observed.js'
import { after, horizonOf, latestOf, type MomentByReach, NO_MOMENTS, REACH, reachOf } from './reach.js'
import { assertRevocations, type Revocation, type RevocationTarget } from './revocation.js'
import { type RevocableMachineToken, type RevocableToken, RevocationStore } from './revocation-store.js'

export interface RevocationsOptions {
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly clockSkewMs: number
  readonly logger: Logger
  /** Carries revocations to other processes. Without a bus they take effect in this process only. */
  readonly bus?: RevocationBus | undefined
  /** Called when the bus goes away and when it is back. */
  readonly onBusChange?: (change: RevocationBusChange) => void
  /** Upper bound of entries, default 250,000. Beyond it the oldest are replaced by "every token issued before". */
  readonly maxEntries?: number
  /** Default: real time, without keeping the process alive. */
  readonly setTimer?: SetTimer
}

export interface RevocationsHealth {
  /** Number of entries, plus one for each sort of tokens of which every token issued before some instant is refused. */
  readonly entries: number
  /**
   * Session tokens issued at or before this instant (ms) are refused whoever they belong to; null: there is no such instant.
   */
  readonly everyoneIssuedUntilMs: number | null
  /** The same for machine tokens that are JWTs. */
  readonly machinesIssuedUntilMs: number | null
  /**
   * Times since the start that more than `revocation.maxEntries` were revoked at once, so that the oldest gave way to such an
   * instant.
   */
  readonly folds: number
  /** For how long after its moment an entry is kept that covers session tokens only, in ms. */
  readonly retentionMs: number
  /** The same of an entry that covers machine tokens. */
  readonly machineRetentionMs: number
  readonly bus: RevocationBusHealth | null
}

export interface Revocations {
  /** 0: nothing is revoked, and neither `covers` nor `coversMachine` need be called. */
  readonly size: number
  /** Whether a revocation covers the token. At most six map look-ups, no allocation. */
  covers(token: RevocableToken): boolean
  /** The same for a machine token. */
  coversMachine(token: RevocableMachineToken): boolean
  /** To be called with every newly verified session token, before `covers` is called with it. */
  observe(token: ObservedToken): void
  /** The same for a machine token. */
  observeMachine(token: ObservedMachineToken): void
  /** Machine tokens are accepted here: from now on the bus is told to keep revocations for as long as these live. */
  expectMachineTokens(): void
  /**
   * Refuses every token of the target issued until now, or until `at`. In this process it takes effect before the call
   * returns. The promise says whether the bus has taken it for the other processes; false: they get it when the bus is
   * back, or this instance has been closed and refuses nothing any more.
   */
  revoke(target: RevocationTarget, at?: number | Date): Promise<boolean>
  /**
   * Refuses every token issued until then: for revocations of which only the latest moments are known any more. No peer is
   * told, since a bus may carry the revocations of other instances too.
   */
  refuseIssuedUntil(moments: MomentByReach): void
  /** The moments of the latest revocations, `-Infinity` where there is none. */
  latest(): MomentByReach
  /**
   * Calls the listener with each revocation that is new here, made locally or received. Returns a function that stops
   * it.
   */
  onRevoked(listener: (revocation: Revocation) => void): () => void
  /** Resolves when the bus has delivered the revocations made before this process started, or cannot for now. */
  readonly ready: Promise<void>
  health(): RevocationsHealth
  close(): Promise<void>
}

/** Lifetime of Clerk's session tokens: the first value of the retention, which longer-lived tokens raise. */
const SESSION_TOKEN_LIFETIME_MS = 60_000
/**
 * Lifetime of Clerk's OAuth access tokens, which are the longest-lived JWTs that Clerk issues by itself. Kept from the start,
 * and not from the first such token on: a process that starts would otherwise drop what the bus gives it.
 */
export const MACHINE_TOKEN_LIFETIME_MS = 86_400_000
const DEFAULT_MAX_ENTRIES = 250_000
/** A sweep visits every entry: at most one a second, and one in 12.5 s with 250,000 entries. */
const MIN_SWEEP_INTERVAL_MS = 1_000
const ENTRIES_PER_INTERVAL_MS = 20

/** Revocations of one instance: the targets whose unexpired tokens are refused. */
export function createRevocations(options: RevocationsOptions): Revocations {
  const { now, clockSkewMs, logger, bus, setTimer = setUnrefTimer } = options
  const store = new RevocationStore(options.maxEntries ?? DEFAULT_MAX_ENTRIES)
  const listeners = new Set<(revocation: Revocation) => void>()
  let sessionRetentionMs = SESSION_TOKEN_LIFETIME_MS + clockSkewMs
  let machineRetentionMs = MACHINE_TOKEN_LIFETIME_MS + clockSkewMs
  let expectsMachines = false
  let newestIssuedAtMs = -Infinity
  let latestSwept = NO_MOMENTS
  let folds = 0
  let cancelSweep: (() => void) | null = null
  let isClosed = false

  /** Revocations of this moment and before cover no token that is known to live this long. */
  function horizons(): MomentByReach {
    const nowMs = now()
    return { sessionsMs: nowMs - sessionRetentionMs, machinesMs: nowMs - machineRetentionMs }
  }

  function apply(revocation: Revocation): void {
    if (isClosed) return
    const { kind, atMs } = revocation
    if (atMs <= horizonOf(kind, horizons())) {
      // Should a longer-lived token turn up, this revocation is treated as stored and swept.
      latestSwept = latestOf(latestSwept, reachOf(kind, atMs))
      return
    }
    if (!store.add(revocation)) return
    tell(revocation)
    const folded = store.foldWhenFull(now() + clockSkewMs)
    if (folded !== null) {
      folds++
      const everyoneIssuedUntilMs = Math.max(folded.sessionsMs, folded.machinesMs)
      logLine(logger, 'revocations-folded', { entries: store.size, everyoneIssuedUntilMs })
      for (const watermark of watermarksOf(folded)) tell(watermark)
    }
    if (cancelSweep === null) scheduleSweep()
  }

  /**
   * Moves a revocation that lies in the future back to now: a peer whose clock is ahead must not refuse sign-ins that
   * come after its message. The clock skew stays allowed, because tokens may be dated that far ahead of this clock.
   */
  function notAhead(revocation: Revocation): Revocation {
    const latestMs = now() + clockSkewMs
    return revocation.atMs <= latestMs ? revocation : { ...revocation, atMs: latestMs }
  }

  function tell(revocation: Revocation): void {
    for (const listener of listeners) listener(revocation)
  }

  function scheduleSweep(): void {
    cancelSweep?.()
    cancelSweep = null
    if (store.size === 0) return
    const { sessionsMs, machinesMs } = store.earliest()
    const dueMs = Math.min(sessionsMs + sessionRetentionMs, machinesMs + machineRetentionMs) - now()
    cancelSweep = setTimer(sweep, Math.max(MIN_SWEEP_INTERVAL_MS, store.size / ENTRIES_PER_INTERVAL_MS, dueMs))
  }

  function sweep(): void {
    latestSwept = latestOf(latestSwept, store.forgetThrough(horizons()))
    scheduleSweep()
  }

  function witnessIssue(issuedAtMs: number, nowMs: number): void {
    // A handshake in development accepts tokens from beyond the clock skew. Their `iat` is no estimate of now.
    if (issuedAtMs > newestIssuedAtMs && issuedAtMs <= nowMs + clockSkewMs) newestIssuedAtMs = issuedAtMs
  }

  /**
   * Entries were swept in the belief that no token lives this long. A swept entry may have covered such a token, so all
   * tokens issued until the latest swept entry are refused. Shorter-lived ones of that time have expired.
   */
  function keepLonger(swept: MomentByReach): void {
    // An entry for both sorts of tokens is kept for the longer time of the two.
    machineRetentionMs = Math.max(machineRetentionMs, sessionRetentionMs)
    refuseIssuedUntil(swept)
  }

  function refuseIssuedUntil(moments: MomentByReach): void {
    if (isClosed) return
    const alive = after(horizons(), moments)
    latestSwept = latestOf(latestSwept, moments)
    store.refuseIssuedUntil(alive)
    for (const watermark of watermarksOf(alive)) tell(watermark)
    scheduleSweep()
  }

  const peer: RevocationPeer = {
    logger,
    get size() {
      return store.size
    },
    receive(revocations) {
      for (const revocation of revocations) apply(notAhead(revocation))
    },
    known: () => store,
    retentionMs(kind) {
      if (!expectsMachines) return sessionRetentionMs
      return kind !== undefined && !REACH[kind].machines ? sessionRetentionMs : machineRetentionMs
    },
    busChanged: (change) => options.onBusChange?.(change)
  }
  const ready =
    bus === undefined
      ? Promise.resolve()
      : bus.open(peer).catch((error: unknown) => logLine(logger, 'revocation-bus-not-opened', { err: error }))

  return {
    get size() {
      return store.size
    },

    covers: (token) => store.covers(token),

    coversMachine: (token) => store.coversMachine(token),

    observe({ issuedAt, auth }) {
      const nowMs = now()
      const issuedAtMs = issuedAt === Infinity ? nowMs : issuedAt * 1000
      witnessIssue(issuedAtMs, nowMs)
      const lifetimeMs = auth.sessionClaims.exp * 1000 - issuedAtMs + clockSkewMs
      if (lifetimeMs <= sessionRetentionMs) return
      sessionRetentionMs = lifetimeMs
      keepLonger({ ...NO_MOMENTS, sessionsMs: latestSwept.sessionsMs })
    },

    observeMachine({ issuedAtMs, isOpaque, auth }) {
      const nowMs = now()
      witnessIssue(issuedAtMs, nowMs)
      if (isOpaque || auth.expiresAt === null) return
      const lifetimeMs = auth.expiresAt - (issuedAtMs === -Infinity ? nowMs : issuedAtMs) + clockSkewMs
      if (lifetimeMs <= machineRetentionMs) return
      machineRetentionMs = lifetimeMs
      keepLonger({ ...NO_MOMENTS, machinesMs: latestSwept.machinesMs })
    },

    expectMachineTokens() {
      expectsMachines = true
    },

    revoke(target, at) {
      const nowMs = now()
      // A token with an `iat` later than our clock shows that the issuer's clock is ahead: revoke until that `iat`.
      const moment = at ?? Math.max(nowMs, newestIssuedAtMs)
      const revocations = assertRevocations(target, moment, nowMs)
      for (const revocation of revocations) apply(revocation)
      if (bus === undefined) return Promise.resolve(!isClosed)
      const sent = revocations.map((revocation) => bus.publish(revocation, peer).catch(() => false))
      return Promise.all(sent).then((told) => told.every(Boolean))
    },

    refuseIssuedUntil,

    latest: () => store.latest(),

    onRevoked(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },

    ready,

    health() {
      const { sessionsMs, machinesMs } = store.watermarks
      return {
        entries: store.size,
        everyoneIssuedUntilMs: sessionsMs === -Infinity ? null : sessionsMs,
        machinesIssuedUntilMs: machinesMs === -Infinity ? null : machinesMs,
        folds,
        retentionMs: sessionRetentionMs,
        machineRetentionMs,
        bus: bus?.health() ?? null
      }
    },

    async close() {
      isClosed = true
      cancelSweep?.()
      cancelSweep = null
      listeners.clear()
      await bus?.close(peer)
      store.clear()
    }
  }
}

/** Revocations of every token issued until these moments. */
function watermarksOf({ sessionsMs, machinesMs }: MomentByReach): Revocation[] {
  const watermarks: Revocation[] = []
  if (sessionsMs !== -Infinity) watermarks.push({ kind: 'all-sessions', atMs: sessionsMs })
  if (machinesMs !== -Infinity) watermarks.push({ kind: 'all-machine-jwts', atMs: machinesMs })
  return watermarks
}
