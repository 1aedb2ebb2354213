import { SecretKeyRefusedError } from '../errors.js'
import { isKid } from '../jwk.js'
import { toRetryAfterSeconds } from '../retry-after.js'
import { whileAwaited } from '../timers.js'
import { createDemandBudget } from './demand-budget.js'
import { createDeniedKids } from './denied-kids.js'
import { HELP_OF_UNKNOWN_KID, type RefreshCause, type UnknownKidEvent, unknownKidChannel } from './events.js'
import { createFamiliarSessions } from './familiar-sessions.js'
import { noInitialKeys } from './no-initial-keys.js'
import { createRefresher, type RefresherSettings } from './refresher.js'
import {
  type KeyResolution,
  type KeyStore,
  type KeyStoreHealth,
  KID_MISMATCH,
  NO_KEYS,
  type VerificationKey
} from './types.js'

/** Most requests that wait for a fetch at a time. Beyond it an unknown kid is refused by the set in hand. */
const MAX_WAITING = 1000
/** The same for tokens of familiar sessions: places that a crowd of strangers cannot occupy. */
const MAX_WAITING_FAMILIAR = 2000
/** An unknown kid waits for a fetch that starts within this time. In a flood the next fetch may be 5.5 s away. */
const PATIENCE_MS = 1000
/**
 * Most fetches that a question waits for. The first may be older than the question, and from before a rotation: it was
 * under way, or the set is one that another process fetched.
 */
const MAX_FETCHES_AWAITED = 2

/**
 * A token whose key was not found. It is answered by a key set that was fetched after it arrived, or that has its key.
 */
interface Question {
  readonly askedAtMs: number
  readonly started: number
  readonly sessionId: string | undefined
  fetchesAwaited: number
  isMet(): boolean
}

/**
 * The key store whose key set is fetched. It answers from memory. A request waits only while no usable key set is in
 * memory, or when its kid is unknown and the budget grants a fetch, and no longer than two fetches and `PATIENCE_MS`.
 */
export function createRemoteKeyStore(settings: RefresherSettings): KeyStore {
  const { source, cache, now } = settings
  const refresher = createRefresher(settings)
  const { held, counters, state } = refresher
  const familiar = createFamiliarSessions()
  const budget = createDemandBudget(familiar, cache.cooldownInMs)
  const denied = createDeniedKids()
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
      question.fetchesAwaited++
      await whileAwaited(refresher.obtain())
      keys = held.find(kid, now())
      if (keys.length > 0) return { ok: true, keys }
      if (!held.isUsable(now())) return unavailable()
    }
    return resolveUnknown(kid, plausible, question)
  }

  /** A usable key set is in memory, and it has no such kid. */
  async function resolveUnknown(kid: string, plausible: boolean, question: Question): Promise<KeyResolution> {
    counters.unknownKids++
    if (unknownKidChannel.hasSubscribers) {
      const { instance } = settings
      const event: UnknownKidEvent = { instance, source: source.kind, kid, plausible, help: HELP_OF_UNKNOWN_KID }
      unknownKidChannel.publish(event)
    }
    if (!plausible || denied.has(kid, question.askedAtMs)) return refuse()
    if (!isAnswered(question)) {
      if (isFailing()) return unavailable()
      await demand('unknown-kid', question)
      const keys = held.find(kid, now())
      if (keys.length > 0) return { ok: true, keys }
      // Closed meanwhile, or stood still for so long that the answer is out of date: the key may be a new one.
      if (state.failures > 0 || state.isClosed || !held.isUsable(now())) return unavailable()
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
    if (state.flight === null && !isGrantedSoon('bad-signature', sessionId)) return false
    return demand('bad-signature', question).then(hasChanged)
  }

  function ask(sessionId: string | undefined, isMet: () => boolean): Question {
    return { askedAtMs: now(), started: state.started, sessionId, fetchesAwaited: 0, isMet }
  }

  /** Whether the endpoint has confirmed the set in hand by a fetch that started after the question was asked. */
  function isAnswered(question: Question): boolean {
    return state.confirmed > question.started
  }

  function isFailing(): boolean {
    return state.failures > 0 && state.flight === null
  }

  /**
   * Waits for the fetch under way, or for one that the budget grants soon, until the question is answered; otherwise
   * plans a fetch without waiting. However long a fetch takes, a token whose key was published meanwhile is not refused
   * for it.
   */
  async function demand(cause: RefreshCause, question: Question): Promise<void> {
    const { sessionId } = question
    if (isCrowded(sessionId)) {
      if (state.flight === null) isGrantedSoon(cause, sessionId)
      return
    }
    while (
      question.fetchesAwaited < MAX_FETCHES_AWAITED &&
      (state.flight !== null || isGrantedSoon(cause, sessionId))
    ) {
      await landing(question)
      if (isAnswered(question) || question.isMet() || isFailing()) return
    }
  }

  async function landing(question: Question): Promise<void> {
    waiting++
    question.fetchesAwaited++
    try {
      await whileAwaited(refresher.nextLanding())
    } finally {
      waiting--
    }
    const { sessionId } = question
    if (sessionId !== undefined && isAnswered(question) && !question.isMet()) familiar.askedInVain(sessionId, now())
  }

  /** Plans a fetch within the budget. True when it starts within `PATIENCE_MS`. */
  function isGrantedSoon(cause: RefreshCause, sessionId: string | undefined): boolean {
    const grantedMs = budget.grant(now(), state.scheduledAtMs, sessionId)
    return refresher.schedule(cause, grantedMs) <= now() + PATIENCE_MS
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
    // The process that had the turn to fetch has failed, which must not fail the boot of all that waited for it.
    if (!held.isUsable(now()) && counters.fetches === 0) await refresher.start('warm-up')
    if (state.lastError === 'secret-key-invalid') throw new SecretKeyRefusedError()
    if (cache.warmUp === 'wait' && !held.isUsable(now())) throw noInitialKeys(state.lastError ?? 'timeout')
  }

  function health(): KeyStoreHealth {
    const nowMs = now()
    const { fetchedAtMs, staleUntilMs } = held
    // An idle server whose keys have run out is ready: its next request fetches, or falls back on these keys.
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
    rest: familiar.rest,
    onChange: refresher.onChange,
    ready,
    close: refresher.close,
    health,
    stats: () => ({ ...counters })
  }
}
