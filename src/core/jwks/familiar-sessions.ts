/**
 * The most recent sessions of which a token was verified here. A stranger cannot guess the id of another user's
 * session, so a token that names one of these is evidence. One such token under a new kid is enough to notice a
 * rotation.
 *
 * An attacker who has accounts knows the ids of their sessions. Each session may cause one fetch per minute, and a
 * session whose fetch did not bring the key is ignored for ten minutes: to continue, the attacker needs a new session
 * from Clerk for every fetch.
 */
export interface FamiliarSessions {
  /** A token of this session was verified. */
  witness(sessionId: string): void
  knows(sessionId: string): boolean
  /** Whether a token of this session may cause a fetch now. */
  mayAsk(sessionId: string, nowMs: number): boolean
  asked(sessionId: string, nowMs: number): void
  /**
   * The fetch that this session's token caused did not bring the key it named: ignore the session for `NOT_HEARD_MS`.
   */
  askedInVain(sessionId: string, nowMs: number): void
  /** The instance is not in use: forgets all but the `RESTING_SESSIONS` latest. */
  rest(): void
}

/**
 * A session must still be known when its next token comes, a minute later: so more sessions than a process verifies
 * tokens for in a minute, at some 130 bytes each.
 */
const MAX_SESSIONS = 65_536
const RESTING_SESSIONS = 64
const MAX_ID_LENGTH = 128
const ASK_AGAIN_MS = 60_000
const NOT_HEARD_MS = 600_000

export function createFamiliarSessions(): FamiliarSessions {
  /** Session id → the moment from which its tokens may cause a fetch again, in order of last use. */
  const askFromMs = new Map<string, number>()

  function put(sessionId: string, fromMs: number): void {
    askFromMs.delete(sessionId)
    askFromMs.set(sessionId, fromMs)
  }

  function forgetOldest(most: number): void {
    for (const sessionId of askFromMs.keys()) {
      if (askFromMs.size <= most) return
      askFromMs.delete(sessionId)
    }
  }

  /** Changes known sessions only: a session must not become familiar by asking. */
  function silence(sessionId: string, untilMs: number): void {
    if (askFromMs.has(sessionId)) put(sessionId, untilMs)
  }

  return {
    witness(sessionId) {
      if (sessionId.length > MAX_ID_LENGTH) return
      const fromMs = askFromMs.get(sessionId)
      put(sessionId, fromMs ?? 0)
      forgetOldest(MAX_SESSIONS)
    },
    knows: (sessionId) => askFromMs.has(sessionId),
    mayAsk(sessionId, nowMs) {
      const fromMs = askFromMs.get(sessionId)
      if (fromMs === undefined) return false
      // Further ahead than any silence: the clock was set back.
      return nowMs >= fromMs || fromMs - nowMs > NOT_HEARD_MS
    },
    asked: (sessionId, nowMs) => silence(sessionId, nowMs + ASK_AGAIN_MS),
    askedInVain: (sessionId, nowMs) => silence(sessionId, nowMs + NOT_HEARD_MS),
    rest: () => forgetOldest(RESTING_SESSIONS)
  }
}
