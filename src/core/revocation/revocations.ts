import type { Logger } from '../logger.js'
import { type SetTimer, setUnrefTimer } from '../timers.js'
import type { RevocationBus, RevocationBusHealth } from './bus.js'
import { assertRevocation, everyone, type Revocation, type RevocationTarget } from './revocation.js'
import { type RevocableToken, RevocationStore } from './revocation-store.js'

export interface RevocationsOptions {
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly clockSkewMs: number
  readonly logger: Logger
  /** How revocations reach other processes; without one they count in this process only. */
  readonly bus?: RevocationBus | undefined
  /** Upper bound of entries, default 250,000. Beyond it the oldest become "all tokens issued before". */
  readonly maxEntries?: number
  /** Default: real time, without keeping the process alive. */
  readonly setTimer?: SetTimer
}

export interface RevocationsHealth {
  /** Entries held, plus one while all tokens issued before some instant are refused. */
  readonly entries: number
  /** Tokens issued at or before this instant (ms) are refused whoever they belong to; null: none. */
  readonly everyoneIssuedUntilMs: number | null
  /** How long an entry is kept from its moment on. */
  readonly retentionMs: number
  readonly bus: RevocationBusHealth | null
}

/** What is learned from a verified token: how long tokens live, and how far the issuer's clock is. */
export interface ObservedToken {
  /** `iat` in seconds; `Infinity` when the token has none. */
  readonly issuedAt: number
  readonly auth: { readonly sessionClaims: { readonly exp: number } }
}

export interface Revocations {
  /** 0: nothing is revoked, and `covers` need not be asked. */
  readonly size: number
  /** Whether the token is refused. One bounded set of look-ups, no allocation. */
  covers(token: RevocableToken): boolean
  /** To be told of every newly verified token, before `covers` is asked about it. */
  observe(token: ObservedToken): void
  /**
   * Refuses every token of the target issued until now, or until `at`. It counts in this process when the call
   * returns; the promise says whether the other processes have been told (false: they will be, when the bus is back).
   */
  revoke(target: RevocationTarget, at?: number | Date): Promise<boolean>
  /** Calls back with each revocation that is news here, local or from the bus. Returns what stops it. */
  onRevoked(listener: (revocation: Revocation) => void): () => void
  /** Resolves when the bus has told what was revoked before this process started, or cannot for now. */
  readonly ready: Promise<void>
  health(): RevocationsHealth
  close(): Promise<void>
}

/** Lifetime of Clerk's session tokens; what is seen of others only makes it longer. */
const SESSION_TOKEN_LIFETIME_MS = 60_000
const DEFAULT_MAX_ENTRIES = 250_000
/** Sweeping looks at every entry, so it happens once a second at most, and with many entries less often. */
const MIN_SWEEP_INTERVAL_MS = 1_000
const ENTRIES_PER_INTERVAL_MS = 20

/** Revocations of one instance: what was signed out before its tokens ran out. */
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
      // Too old to matter for any token known, which is the same as entered and swept.
      latestSweptMs = Math.max(latestSweptMs, revocation.atMs)
      return
    }
    if (!store.add(revocation)) return
    tell(revocation)
    if (store.foldWhenFull()) {
      logger.warn(
        { entries: store.size, everyoneIssuedUntilMs: store.watermarkMs },
        'too many revocations at once: the oldest now count for every token issued before them'
      )
      tell(everyone(store.watermarkMs))
    }
    if (cancelSweep === null) scheduleSweep()
  }

  /** Another process whose clock is ahead may end the sessions it names, but not those of everyone from now on. */
  function believe(revocation: Revocation): Revocation {
    const isForEveryone = revocation.sessionId === null && revocation.userId === null
    return isForEveryone ? everyone(Math.min(revocation.atMs, now() + clockSkewMs)) : revocation
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

  const ready =
    bus === undefined
      ? Promise.resolve()
      : bus
          .open({
            receive(revocations) {
              for (const revocation of revocations) apply(believe(revocation))
            },
            known: () => store,
            retentionMs: () => retentionMs
          })
          .catch((error: unknown) => logger.error({ err: error }, 'revocation bus could not be opened'))

  return {
    get size() {
      return store.size
    },

    covers: (token) => store.covers(token),

    observe({ issuedAt, auth }) {
      const nowMs = now()
      const issuedAtMs = issuedAt === Infinity ? nowMs : issuedAt * 1000
      // Where a development server's clock is far off, tokens of tomorrow pass; they say nothing about "now".
      if (issuedAtMs > newestIssuedAtMs && issuedAtMs <= nowMs + clockSkewMs) newestIssuedAtMs = issuedAtMs
      const lifetimeMs = auth.sessionClaims.exp * 1000 - issuedAtMs + clockSkewMs
      if (lifetimeMs <= retentionMs) return
      retentionMs = lifetimeMs
      // Tokens this long-lived were not expected when entries were swept: one of them may have been revoked by what
      // is forgotten. All shorter ones from that time have run out, so this refuses nobody else.
      if (latestSweptMs > store.watermarkMs) apply(everyone(latestSweptMs))
      scheduleSweep()
    },

    revoke(target, at) {
      const nowMs = now()
      // A token seen with a later `iat` shows that the issuer's clock is ahead of this one: "now" is at least that.
      const moment = at ?? Math.max(nowMs, newestIssuedAtMs)
      const revocation = assertRevocation(target, moment, nowMs)
      apply(revocation)
      return bus === undefined ? Promise.resolve(true) : bus.publish(revocation).catch(() => false)
    },

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
      await bus?.close()
      store.clear()
    }
  }
}
