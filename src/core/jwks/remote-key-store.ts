import { NoInitialKeysError, SecretKeyRefusedError } from '../errors.js'
import { isKid } from '../jwk.js'
import { toRetryAfterSeconds } from '../retry-after.js'
import { whileAwaited } from '../timers.js'
import { createDemandBudget } from './demand-budget.js'
import { createDeniedKids } from './denied-kids.js'
import { type RefreshCause, type UnknownKidEvent, unknownKidChannel } from './events.js'
import { createFamiliarSessions } from './familiar-sessions.js'
import { createRefresher, type RefresherSettings } from './refresher.js'
import {
  type KeyResolution,
  type KeyStore,
  type KeyStoreHealth,
  KID_MISMATCH,
  NO_KEYS,
  type VerificationKey
} from './types.js'

/** Requests that wait for a fetch at a time; beyond it an unknown kid is refused as of the set in hand. */
const MAX_WAITING = 1000
/** Room that a crowd of strangers does not take up. */
const MAX_WAITING_FAMILIAR = 2000

/** What a token asks for: a key set newer than the question, or one that meets it. */
interface Question {
  readonly askedAtMs: number
  readonly started: number
  readonly sessionId: string | undefined
  isMet(): boolean
}

/**
 * The store of a key set that is fetched. Answers from memory; a request waits only when nothing usable is in memory, or
 * when its kid is unknown and the budget has a fetch for it, and never longer than one fetch and one cool-down.
 */
export function createRemoteKeyStore(settings: RefresherSettings): KeyStore {
  const { source, cache, now } = settings
  const refresher = createRefresher(settings)
  const { held, counters, state } = refresher
  const familiar = createFamiliarSessions()
  const budget = createDemandBudget(familiar, cache.cooldownInMs)
  const denied = createDeniedKids()
  // An unknown kid waits for a fetch that starts soon, not for the next poll of a flood.
  const patienceMs = Math.min(cache.cooldownInMs, 1000)
  let waiting = 0

  function find(kid: string | undefined): readonly VerificationKey[] {
    return kid === undefined ? NO_KEYS : held.find(kid, now())
  }

  async function resolve(kid: string | undefined, plausible: boolean, sessionId?: string): Promise<KeyResolution> {
    if (!isKid(kid)) return KID_MISMATCH
    const question = ask(sessionId, () => held.generation.byKid.has(kid))
    let keys = held.find(kid, question.askedAtMs)
    if (keys.length > 0) return { ok: true, keys }
    if (!held.isUsable(question.askedAtMs)) {
      await whileAwaited(refresher.obtain())
      keys = held.find(kid, now())
      if (keys.length > 0) return { ok: true, keys }
      if (!held.isUsable(now())) return unavailable()
    }
    return resolveUnknown(kid, plausible, question)
  }

  /** There is a usable key set, and it has no such kid. */
  async function resolveUnknown(kid: string, plausible: boolean, question: Question): Promise<KeyResolution> {
    counters.unknownKids++
    if (unknownKidChannel.hasSubscribers) {
      const event: UnknownKidEvent = { instance: settings.instance, source: source.kind, kid, plausible }
      unknownKidChannel.publish(event)
    }
    if (!plausible || denied.has(kid, question.askedAtMs)) return refuse()
    if (!isAnswered(question)) {
      if (isFailing()) return unavailable()
      await demand('unknown-kid', question)
      const keys = held.find(kid, now())
      if (keys.length > 0) return { ok: true, keys }
      if (state.failures > 0) return unavailable()
    }
    if (!isAnswered(question)) return refuse()
    denied.add(kid, now())
    return KID_MISMATCH
  }

  function reconsider(kid: string | undefined, sessionId?: string): Promise<boolean> | false {
    if (kid === undefined || isFailing() || isCrowded(sessionId)) return false
    const before = held.generation.byKid.get(kid)
    const hasChanged = () => held.generation.byKid.get(kid) !== before
    const question = ask(sessionId, hasChanged)
    if (state.flight !== null) return demand('bad-signature', question).then(hasChanged)
    if (!isGrantedSoon('bad-signature', question)) return false
    return landing(question).then(hasChanged)
  }

  function ask(sessionId: string | undefined, isMet: () => boolean): Question {
    return { askedAtMs: now(), started: state.started, sessionId, isMet }
  }

  /** The set in hand is newer than the question, whatever it says. */
  function isAnswered(question: Question): boolean {
    return state.confirmed > question.started
  }

  function isFailing(): boolean {
    return state.failures > 0 && state.flight === null
  }

  /**
   * Waits for a fetch that starts after the question, if the budget has one soon; otherwise one comes without anybody
   * waiting. "Soon" counts from the question, so that all waiting ends within `patienceMs` and one deadline.
   */
  async function demand(cause: RefreshCause, question: Question): Promise<void> {
    if (isCrowded(question.sessionId) || isLate(question)) {
      if (state.flight === null) isGrantedSoon(cause, question)
      return
    }
    if (state.flight !== null) {
      // Under way already, so it may have been answered before the key was published.
      await landing(question)
      if (isAnswered(question) || question.isMet() || isFailing()) return
      if (isLate(question)) {
        if (state.flight === null) isGrantedSoon(cause, question)
        return
      }
    }
    if (state.flight !== null || isGrantedSoon(cause, question)) await landing(question)
  }

  function isLate(question: Question): boolean {
    return now() - question.askedAtMs > patienceMs
  }

  async function landing(question: Question): Promise<void> {
    waiting++
    try {
      await whileAwaited(refresher.nextLanding())
    } finally {
      waiting--
    }
    const { sessionId } = question
    if (sessionId !== undefined && isAnswered(question) && !question.isMet()) familiar.askedInVain(sessionId, now())
  }

  /** Schedules a fetch within the budget; true when it starts soon enough to wait for. */
  function isGrantedSoon(cause: RefreshCause, { askedAtMs, sessionId }: Question): boolean {
    const nowMs = now()
    const grantedMs = budget.grant(nowMs, state.scheduledAtMs, sessionId)
    const startMs = refresher.schedule(cause, grantedMs)
    return startMs <= askedAtMs + patienceMs
  }

  function isCrowded(sessionId: string | undefined): boolean {
    if (waiting < MAX_WAITING) return false
    return waiting >= MAX_WAITING_FAMILIAR || sessionId === undefined || !familiar.knows(sessionId)
  }

  function refuse(): KeyResolution {
    counters.unknownKidsRefused++
    return KID_MISMATCH
  }

  function unavailable(): KeyResolution {
    const reason = state.lastError === 'secret-key-invalid' ? 'secret-key-invalid' : 'jwk-remote-failed-to-load'
    const retryAfterSeconds = toRetryAfterSeconds(state.retryAtMs - now())
    return { ok: false, reason, unavailable: true, retryAfterSeconds }
  }

  async function ready(): Promise<void> {
    if (cache.warmUp === false || held.fetchedAtMs !== null) return
    const warmUp = refresher.start('warm-up')
    if (cache.warmUp === 'background') return
    await warmUp
    if (state.lastError === 'secret-key-invalid') throw new SecretKeyRefusedError()
    if (cache.warmUp === 'wait' && !held.isUsable(now())) throw new NoInitialKeysError(state.lastError ?? 'timeout')
  }

  function health(): KeyStoreHealth {
    const nowMs = now()
    const { fetchedAtMs, staleUntilMs } = held
    // Fresh ones, or what the next request would fall back on: an idle server is not an unready one.
    const kids = fetchedAtMs !== null && nowMs < staleUntilMs ? held.generation.kids : []
    const nextMs = refresher.nextStartMs(nowMs)
    return {
      source: source.kind,
      kids,
      ageMs: fetchedAtMs === null ? null : Math.max(0, nowMs - fetchedAtMs),
      nextRefreshInMs: nextMs === Number.POSITIVE_INFINITY ? null : Math.max(0, Math.round(nextMs - nowMs)),
      lastError: state.lastError,
      consecutiveFailures: state.failures,
      degraded: state.failures > 0 || kids.length === 0,
      skippedKeys: { ...held.skipped },
      clockOffsetMs: state.clockOffsetMs
    }
  }

  return {
    find,
    resolve,
    reconsider,
    witness: familiar.witness,
    onChange: refresher.onChange,
    ready,
    close: refresher.close,
    health,
    stats: () => ({ ...counters })
  }
}
