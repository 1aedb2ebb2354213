import type { Logger } from '../logger.js'
import { type SetTimer, setUnrefTimer } from '../timers.js'
import type { RevocationBus, RevocationBusHealth, RevocationPeer } from './bus.js'
import { assertRevocation, everyone, type Revocation, type RevocationTarget } from './revocation.js'
import { type RevocableToken, RevocationStore } from './revocation-store.js'

export interface RevocationsOptions {
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly clockSkewMs: number
  readonly logger: Logger
  /** Carries revocations to other processes. Without a bus they take effect in this process only. */
  readonly bus?: RevocationBus | undefined
  /** Upper bound of entries, default 250,000. Beyond it the oldest are replaced by "every token issued before". */
  readonly maxEntries?: number
  /** Default: real time, without keeping the process alive. */
  readonly setTimer?: SetTimer
}

export interface RevocationsHealth {
  /** Number of entries, plus one while every token issued before some instant is refused. */
  readonly entries: number
  /**
   * Tokens issued at or before this instant (ms) are refused whoever they belong to; null: there is no such instant.
   */
  readonly everyoneIssuedUntilMs: number | null
  /** For how long after its moment an entry is kept, in ms. */
  readonly retentionMs: number
  readonly bus: RevocationBusHealth | null
}

/** The fields of a verified token that tell how long tokens live and what the issuer's clock says. */
export interface ObservedToken {
  /** `iat` in seconds; `Infinity` when the token has no `iat`. */
  readonly issuedAt: number
  readonly auth: { readonly sessionClaims: { readonly exp: number } }
}

export interface Revocations {
  /** 0: nothing is revoked, and `covers` need not be called. */
  readonly size: number
  /** Whether a revocation covers the token. At most five map look-ups, no allocation. */
  covers(token: RevocableToken): boolean
  /** To be called with every newly verified token, before `covers` is called with it. */
  observe(token: ObservedToken): void
  /**
   * Refuses every token of the target issued until now, or until `at`. In this process it takes effect before the call
   * returns. The promise says whether the bus has taken it for the other processes; false: they get it when the bus is
   * back.
   */
  revoke(target: RevocationTarget, at?: number | Date): Promise<boolean>
  /** Refuses every token issued until `atMs`: for revocations of which only the latest moment is known any more. */
  refuseIssuedUntil(atMs: number): void
  /** The moment of the latest revocation; `-Infinity`: there is none. */
  latestMs(): number
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
const DEFAULT_MAX_ENTRIES = 250_000
/** A sweep visits every entry: at most one a second, and one in 12.5 s with 250,000 entries. */
const MIN_SWEEP_INTERVAL_MS = 1_000
const ENTRIES_PER_INTERVAL_MS = 20

/** Revocations of one instance: the sessions, users and memberships whose unexpired tokens are refused. */
export function createRevocations(options: RevocationsOptions): Revocations {
  const { now, clockSkewMs, logger, bus, setTimer = setUnrefTimer } = options
  const store = new RevocationStore(options.maxEntries ?? DEFAULT_MAX_ENTRIES)
  const listeners = new Set<(revocation: Revocation) => void>()
  let retentionMs = SESSION_TOKEN_LIFETIME_MS + clockSkewMs
  let newestIssuedAtMs = -Infinity
  let latestSweptMs = -Infinity
  let cancelSweep: (() => void) | null = null
  let isClosed = false

  function apply(revocation: Revocation): void {
    if (isClosed) return
    if (revocation.atMs + retentionMs <= now()) {
      // Covers no token that is known to live this long. Should a longer-lived token turn up, `observe` treats this
      // revocation as stored and swept.
      latestSweptMs = Math.max(latestSweptMs, revocation.atMs)
      return
    }
    if (!store.add(revocation)) return
    tell(revocation)
    if (store.foldWhenFull(now() + clockSkewMs)) {
      logger.warn(
        { entries: store.size, everyoneIssuedUntilMs: store.watermarkMs },
        'too many revocations at once: the oldest now count for every token issued before them'
      )
      tell(everyone(store.watermarkMs))
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
    const dueMs = store.earliestMs() + retentionMs - now()
    cancelSweep = setTimer(sweep, Math.max(MIN_SWEEP_INTERVAL_MS, store.size / ENTRIES_PER_INTERVAL_MS, dueMs))
  }

  function sweep(): void {
    const horizonMs = now() - retentionMs
    latestSweptMs = Math.max(latestSweptMs, store.dropThrough(horizonMs))
    if (store.watermarkMs <= horizonMs) {
      latestSweptMs = Math.max(latestSweptMs, store.watermarkMs)
      store.lowerWatermark()
    }
    scheduleSweep()
  }

  const peer: RevocationPeer = {
    receive(revocations) {
      for (const revocation of revocations) apply(notAhead(revocation))
    },
    known: () => store,
    retentionMs: () => retentionMs
  }
  const ready =
    bus === undefined
      ? Promise.resolve()
      : bus.open(peer).catch((error: unknown) => logger.error({ err: error }, 'revocation bus could not be opened'))

  return {
    get size() {
      return store.size
    },

    covers: (token) => store.covers(token),

    observe({ issuedAt, auth }) {
      const nowMs = now()
      const issuedAtMs = issuedAt === Infinity ? nowMs : issuedAt * 1000
      // A handshake in development accepts tokens from beyond the clock skew. Their `iat` is no estimate of now.
      if (issuedAtMs > newestIssuedAtMs && issuedAtMs <= nowMs + clockSkewMs) newestIssuedAtMs = issuedAtMs
      const lifetimeMs = auth.sessionClaims.exp * 1000 - issuedAtMs + clockSkewMs
      if (lifetimeMs <= retentionMs) return
      retentionMs = lifetimeMs
      // Entries were swept in the belief that no token lives this long. A swept entry may have covered such a token, so
      // all tokens issued until the latest swept entry are refused. Shorter-lived ones of that time have expired.
      if (latestSweptMs > store.watermarkMs) apply(everyone(latestSweptMs))
      scheduleSweep()
    },

    revoke(target, at) {
      const nowMs = now()
      // A token with an `iat` later than our clock shows that the issuer's clock is ahead: revoke until that `iat`.
      const moment = at ?? Math.max(nowMs, newestIssuedAtMs)
      const revocation = assertRevocation(target, moment, nowMs)
      apply(revocation)
      return bus === undefined ? Promise.resolve(true) : bus.publish(revocation, peer).catch(() => false)
    },

    refuseIssuedUntil: (atMs) => apply(everyone(atMs)),

    latestMs: () => store.latestMs(),

    onRevoked(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },

    ready,

    health: () => ({
      entries: store.size,
      everyoneIssuedUntilMs: store.watermarkMs === -Infinity ? null : store.watermarkMs,
      retentionMs,
      bus: bus?.health() ?? null
    }),

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
