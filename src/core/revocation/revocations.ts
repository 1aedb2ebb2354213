import { countRepeats } from '../counted-log.js'
import { logLine } from '../log-lines.js'
import { steadyOf } from '../steady-clock.js'
import { setUnrefTimer } from '../timers.js'
import type { RevocationPeer } from './bus.js'
import { DatedHere } from './dated-here.js'
import { after, horizonOf, latestOf, type MomentByReach, NO_MOMENTS, REACH, reachOf } from './reach.js'
import { assertRevocations, type Revocation } from './revocation.js'
import { RevocationStore } from './revocation-store.js'
import type { Revocations, RevocationsOptions } from './types.js'

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
/** First-seen tokens and revocations notice a step of the clock at once; this is for tokens in memory. */
const STEP_CHECK_MS = 5_000

/** Revocations of one instance: the targets whose unexpired tokens are refused. */
export function createRevocations(options: RevocationsOptions): Revocations {
  const { now, clockSkewMs, logger, bus, setTimer = setUnrefTimer } = options
  const { maxEntries = DEFAULT_MAX_ENTRIES } = options
  // Requests can cause its lines. Those of the bus tell a change of state: each has to come, and at once.
  const log = countRepeats(logger)
  const store = new RevocationStore(maxEntries)
  const dated = new DatedHere(now, options.steadyNow ?? steadyOf(now), maxEntries)
  const listeners = new Set<(revocation: Revocation) => void>()
  let sessionRetentionMs = SESSION_TOKEN_LIFETIME_MS + clockSkewMs
  let machineRetentionMs = MACHINE_TOKEN_LIFETIME_MS + clockSkewMs
  let expectsMachines = false
  let newestIssuedAtMs = -Infinity
  let latestSwept = NO_MOMENTS
  let folds = 0
  let cancelSweep: (() => void) | null = null
  let cancelCheck: (() => void) | null = null
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
      logLine(log, 'revocations-folded', { entries: store.size, everyoneIssuedUntilMs })
      for (const watermark of watermarksOf(folded)) tell(watermark)
    }
    if (cancelSweep === null) scheduleSweep()
  }

  /**
   * Moves a revocation that lies in the future back to now: a peer whose clock is ahead must not refuse sign-ins that
   * come after its message. The clock skew stays allowed, because tokens may be dated that far ahead of this clock.
   */
  function applyReceived(received: Revocation): void {
    const latestMs = now() + clockSkewMs
    if (received.atMs <= latestMs) {
      apply(received)
      return
    }
    const revocation = { ...received, atMs: latestMs }
    apply(revocation)
    date(revocation, clockSkewMs, received.atMs)
  }

  function date(revocation: Revocation, aheadMs: number, limitMs: number): void {
    if (isClosed) return
    dated.add(revocation, aheadMs, limitMs)
    cancelCheck ??= setTimer(checkClock, STEP_CHECK_MS)
  }

  function checkClock(): void {
    redate()
    dated.forget({ sessionsMs: sessionRetentionMs, machinesMs: machineRetentionMs })
    cancelCheck = dated.size === 0 ? null : setTimer(checkClock, STEP_CHECK_MS)
  }

  /** After a step of the clock: moves what it had dated. The others are told, as they have the moments of before. */
  function redate(): void {
    const redated = dated.redate()
    if (redated === null) return
    latestSwept = latestOf(latestSwept, redated.swept)
    refuseIssuedUntil(redated.refusedUntil)
    for (const revocation of redated.received) apply(revocation)
    for (const revocation of redated.own) {
      apply(revocation)
      void send(revocation)
    }
  }

  async function send(revocation: Revocation): Promise<boolean> {
    try {
      return (await bus?.publish(revocation, peer)) === true
    } catch {
      return false
    }
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
    redate()
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
      redate()
      for (const revocation of revocations) applyReceived(revocation)
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
      : Promise.resolve(bus.open(peer)).catch((error: unknown) =>
          logLine(logger, 'revocation-bus-not-opened', { err: error })
        )

  const members: Omit<Revocations, 'size'> = {
    covers: (token) => store.covers(token),

    coversMachine: (token) => store.coversMachine(token),

    observe({ issuedAt, auth }) {
      if (dated.size !== 0) redate()
      const nowMs = now()
      const issuedAtMs = issuedAt === Infinity ? nowMs : issuedAt * 1000
      witnessIssue(issuedAtMs, nowMs)
      const lifetimeMs = auth.sessionClaims.exp * 1000 - issuedAtMs + clockSkewMs
      if (lifetimeMs <= sessionRetentionMs) return
      sessionRetentionMs = lifetimeMs
      keepLonger({ ...NO_MOMENTS, sessionsMs: latestSwept.sessionsMs })
    },

    observeMachine({ issuedAtMs, isOpaque, auth }) {
      if (dated.size !== 0) redate()
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
      redate()
      const nowMs = now()
      // A token with an `iat` later than our clock shows that the issuer's clock is ahead: revoke until that `iat`.
      const moment = at ?? Math.max(nowMs, newestIssuedAtMs)
      const revocations = assertRevocations(target, moment, nowMs)
      for (const revocation of revocations) {
        apply(revocation)
        if (at === undefined) date(revocation, 0, Infinity)
      }
      if (bus === undefined) return Promise.resolve(!isClosed)
      return Promise.all(revocations.map(send)).then((told) => told.every(Boolean))
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
      cancelCheck?.()
      cancelCheck = null
      dated.clear()
      listeners.clear()
      await bus?.close(peer)
      store.clear()
    }
  }
  return Object.assign(new Sized(store), members)
}

/** With a getter of a literal V8 keeps all members in a dictionary, which is slow to look up: each request does. */
class Sized {
  readonly #store: RevocationStore

  constructor(store: RevocationStore) {
    this.#store = store
  }

  get size(): number {
    return this.#store.size
  }
}

/** Revocations of every token issued until these moments. */
function watermarksOf({ sessionsMs, machinesMs }: MomentByReach): Revocation[] {
  const watermarks: Revocation[] = []
  if (sessionsMs !== -Infinity) watermarks.push({ kind: 'all-sessions', atMs: sessionsMs })
  if (machinesMs !== -Infinity) watermarks.push({ kind: 'all-machine-jwts', atMs: machinesMs })
  return watermarks
}
