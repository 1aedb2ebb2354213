import type { Logger } from '../logger.js'
import type { ResolvedJwksCache } from '../options.js'
import { createDemandBudget } from './demand-budget.js'
import { createDeniedKids } from './denied-kids.js'
import { type RefreshCause, unknownKidChannel } from './events.js'
import { createFamiliarSessions } from './familiar-sessions.js'
import { isKid } from './jwk.js'
import { createRefresher } from './refresher.js'
import type { Snapshots } from './snapshot.js'
import type { KeySource } from './source.js'
import type { SetTimer } from './timers.js'
import type { KeyResolution, KeyStore, VerificationKey } from './types.js'

export interface RemoteKeyStoreSettings {
  readonly source: KeySource
  readonly cache: Omit<ResolvedJwksCache, 'snapshot'>
  readonly snapshots: Snapshots | null
  readonly now: () => number
  readonly logger: Logger
  /** Grows with every authenticated request; how the store knows that traffic flows without being called for it. */
  readonly activity: () => number
  readonly setTimer: SetTimer
  readonly random: () => number
}

/** Requests that wait for one scheduled fetch; beyond it an unknown kid is refused as of the set in hand. */
const MAX_WAITING = 1000

const MISMATCH: KeyResolution = Object.freeze({
  ok: false,
  reason: 'jwk-kid-mismatch',
  unavailable: false,
  retryAfterSeconds: 0
})
const NONE: readonly VerificationKey[] = Object.freeze([])

/**
 * The store of a key set that is fetched. Answers from memory; a request waits only when nothing usable is in memory, or
 * when its kid is unknown and the budget has a fetch for it, and never longer than one fetch and one cool-down.
 */
export function createRemoteKeyStore(settings: RemoteKeyStoreSettings): KeyStore {
  const { source, cache, now } = settings
  const refresher = createRefresher(settings)
  const { held, counters } = refresher
  const familiar = createFamiliarSessions()
  const budget = createDemandBudget(familiar, cache.cooldownInMs)
  const denied = createDeniedKids()
  // An unknown kid waits for a fetch that starts soon, not for the next poll of a flood.
  const patienceMs = Math.min(cache.cooldownInMs, 1000)
  let waiting = 0

  function find(kid: string | undefined): readonly VerificationKey[] {
    return kid === undefined ? NONE : held.find(kid, now())
  }

  async function resolve(kid: string | undefined, plausible: boolean, sessionId?: string): Promise<KeyResolution> {
    if (!isKid(kid)) return MISMATCH
    const seenAtMs = now()
    let keys = held.find(kid, seenAtMs)
    if (keys.length > 0) return { ok: true, keys }
    if (!held.isUsable(seenAtMs)) {
      await refresher.obtain()
      keys = held.find(kid, now())
      if (keys.length > 0) return { ok: true, keys }
      if (!held.isUsable(now())) return unavailable()
    }
    return resolveUnknown(kid, plausible, sessionId, seenAtMs)
  }

  /** There is a usable key set, and it has no such kid. */
  async function resolveUnknown(
    kid: string,
    plausible: boolean,
    sessionId: string | undefined,
    seenAtMs: number
  ): Promise<KeyResolution> {
    counters.unknownKids++
    if (unknownKidChannel.hasSubscribers) unknownKidChannel.publish({ source: source.kind, kid, plausible })
    if (!plausible || denied.has(kid, seenAtMs)) {
      counters.unknownKidsRefused++
      return MISMATCH
    }
    if (refresher.failures > 0 && refresher.flight === null) return unavailable()

    const hasAsked = await demand('unknown-kid', seenAtMs, sessionId, () => held.generation.byKid.has(kid))
    const keys = held.find(kid, now())
    if (keys.length > 0) return { ok: true, keys }
    if (refresher.failures > 0) return unavailable()
    if (hasAsked) denied.add(kid, now())
    else counters.unknownKidsRefused++
    return MISMATCH
  }

  function reconsider(kid: string | undefined, sessionId?: string): Promise<boolean> | false {
    if (kid === undefined) return false
    if (refresher.failures > 0 && refresher.flight === null) return false
    const nowMs = now()
    const before = held.generation.byKid.get(kid)
    const hasChanged = () => held.generation.byKid.get(kid) !== before
    if (refresher.flight === null && !isWorthWaiting('bad-signature', nowMs, sessionId)) return false
    if (waiting >= MAX_WAITING) return false
    return demand('bad-signature', nowMs, sessionId, hasChanged).then(hasChanged)
  }

  /**
   * Waits for a fetch that starts after `seenAtMs`, as far as the budget has one soon. False: there was none; the key set
   * is then fetched as soon as the budget allows, without anybody waiting for it.
   */
  async function demand(
    cause: RefreshCause,
    seenAtMs: number,
    sessionId: string | undefined,
    isMet: () => boolean
  ): Promise<boolean> {
    if (waiting >= MAX_WAITING) {
      isWorthWaiting(cause, now(), sessionId)
      return false
    }
    waiting++
    try {
      if (refresher.flight !== null) {
        await refresher.flight
        if (isMet() || refresher.failures > 0) return true
        // One that was under way may have been answered before the key was published. Another one, unless it took long.
        if (refresher.flight === null && now() - seenAtMs > patienceMs) {
          isWorthWaiting(cause, now(), sessionId)
          return false
        }
      }
      if (refresher.flight === null && !isWorthWaiting(cause, now(), sessionId)) return false
      await refresher.nextLanding()
      if (sessionId !== undefined && !isMet() && refresher.failures === 0) familiar.criedWolf(sessionId, now())
      return true
    } finally {
      waiting--
    }
  }

  /** Schedules a fetch within the budget; true when it starts soon enough to wait for. */
  function isWorthWaiting(cause: RefreshCause, nowMs: number, sessionId: string | undefined): boolean {
    const grantedMs = budget.grant(nowMs, refresher.scheduledAtMs, sessionId)
    const startMs = refresher.schedule(cause, grantedMs)
    return startMs <= nowMs + patienceMs
  }

  function unavailable(): KeyResolution {
    const reason = refresher.lastError === 'secret-key-invalid' ? 'secret-key-invalid' : 'jwk-remote-failed-to-load'
    const waitMs = refresher.retryAtMs - now()
    return { ok: false, reason, unavailable: true, retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)) }
  }

  return {
    find,
    resolve,
    reconsider,
    witness: familiar.witness,
    onChange: refresher.onChange,
    ready: refresher.ready,
    close: refresher.close,
    health: refresher.health,
    stats: () => ({ ...counters })
  }
}
