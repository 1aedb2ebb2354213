import type { LocalClerk } from '../../src/local/index.js'
import type { Answers } from './answers.js'
import type { Answer } from './clients.js'

/** Tokens live for 60 s; a browser gets the next one well before. */
const RENEW_MS = 40_000

export interface Session {
  readonly userId: string
  readonly id: string
  token: string
  signedAtMs: number
  standing: 'signed in' | 'being revoked' | 'revoked'
  /** A token of the session was accepted before: a rotation of keys must not refuse it. */
  wasSeen: boolean
}

/** Users of an instance, each with one session. A user whose session was revoked comes back with it, then signs in anew. */
export interface Users {
  /** The session of a user with a token that has not run out. */
  session(n: number): Session
  /** Revokes the session of the next user, who was here before. */
  revokeNext(revoke: (session: Session) => Promise<unknown>): Promise<void>
}

export function createUsers(clerk: LocalClerk, prefix: string, count: number): Users {
  const sessions: Session[] = []
  let nextRevoked = 0
  let signIns = 0

  function current(n: number): Session {
    const index = n % count
    const before = sessions[index]
    const userId = `user_${prefix}_${index}_`
    if (before !== undefined) {
      if (Date.now() - before.signedAtMs <= RENEW_MS) return before
      if (before.standing === 'signed in') {
        sign(before)
        return before
      }
    }
    const session: Session = {
      userId,
      id: `sess_${prefix}_${signIns++}`,
      token: '',
      signedAtMs: 0,
      standing: 'signed in',
      wasSeen: false
    }
    sign(session)
    sessions[index] = session
    return session
  }

  function sign(session: Session): void {
    session.token = clerk.signSessionToken({ userId: session.userId, sessionId: session.id })
    session.signedAtMs = Date.now()
  }

  return {
    session: current,
    async revokeNext(revoke) {
      const session = current(nextRevoked++)
      session.standing = 'being revoked'
      await revoke(session)
      session.standing = 'revoked'
    }
  }
}

/**
 * Sends a request of the session and judges the answer. `also`: statuses that count as right besides; they are asked for
 * when the answer is there, as are the user's standing and whether the session was seen before.
 */
export async function sendAs(
  session: Session,
  answers: Answers,
  kind: string,
  send: (token: string) => Promise<Answer>,
  also: (wasSeen: boolean) => readonly number[] = () => []
): Promise<Answer> {
  const { standing, wasSeen } = session
  const answer = await send(session.token)
  if (answer.status === 200) session.wasSeen = true
  const right = standing === 'revoked' ? [401] : session.standing === 'signed in' ? [200] : [200, 401]
  answers.expectUser(kind, answer, session.userId, [...right, ...also(wasSeen)])
  return answer
}
