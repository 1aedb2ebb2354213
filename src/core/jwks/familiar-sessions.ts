/**
 * Sessions of which a token was verified here, most recent ones only: evidence that cannot be forged, as the id of
 * another user's session cannot be guessed. One token of any of them under a new kid is enough to notice a rotation, so
 * the sample need not be complete.
 *
 * An attacker knows the ids of his own sessions. Each may ask once a minute, and one that asked for a key that the next
 * key set did not have is not heard for ten: to go on he needs a fresh session, from Clerk, for every fetch.
 */
export interface FamiliarSessions {
  witness(sessionId: string): void
  knows(sessionId: string): boolean
  mayAsk(sessionId: string, nowMs: number): boolean
  asked(sessionId: string, nowMs: number): void
  /** What the session asked for did not exist. */
  askedInVain(sessionId: string, nowMs: number): void
}

const MAX_SESSIONS = 4096
const MAX_ID_LENGTH = 128
const ASK_AGAIN_MS = 60_000
const NOT_HEARD_MS = 600_000

export function createFamiliarSessions(): FamiliarSessions {
  /** Session id to the moment from which it may ask (again); in order of last use. */
  const askFromMs = new Map<string, number>()

  function put(sessionId: string, fromMs: number): void {
    askFromMs.delete(sessionId)
    askFromMs.set(sessionId, fromMs)
  }

  /** Only a session that is known: one that was not verified must not get in this way. */
  function silence(sessionId: string, untilMs: number): void {
    if (askFromMs.has(sessionId)) put(sessionId, untilMs)
  }

  return {
    witness(sessionId) {
      if (sessionId.length > MAX_ID_LENGTH) return
      const fromMs = askFromMs.get(sessionId)
      if (fromMs === undefined && askFromMs.size >= MAX_SESSIONS) {
        askFromMs.delete(askFromMs.keys().next().value as string)
      }
      put(sessionId, fromMs ?? 0)
    },
    knows: (sessionId) => askFromMs.has(sessionId),
    mayAsk(sessionId, nowMs) {
      const fromMs = askFromMs.get(sessionId)
      return fromMs !== undefined && nowMs >= fromMs
    },
    asked: (sessionId, nowMs) => silence(sessionId, nowMs + ASK_AGAIN_MS),
    askedInVain: (sessionId, nowMs) => silence(sessionId, nowMs + NOT_HEARD_MS)
  }
}
