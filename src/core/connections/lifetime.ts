import type { Auth, SignedInAuth } from '../auth/types.js'
import { LifetimeExpiredError, LifetimeRevokedError, UnauthorizedError } from '../errors.js'
import type { Eventually } from '../later.js'
import type { Revocation } from '../revocation/revocation.js'
import type { Revocations } from '../revocation/types.js'
import { type SetTimer, setUnrefTimer } from '../timers.js'
import type { VerificationFailureReason, VerificationOutcome } from '../token/outcome.js'
import { ConnectionIndex } from './connection-index.js'
import { type Expiring, ExpiryClock } from './expiry-clock.js'

export type RenewalFailureReason =
  | VerificationFailureReason
  | 'session-mismatch'
  | 'organization-mismatch'
  | 'session-pending'
  | 'connection-ended'

export type Renewal =
  | { readonly ok: true; readonly auth: SignedInAuth; readonly expiresAtMs: number }
  | { readonly ok: false; readonly reason: RenewalFailureReason }

/** How long a connection that outlives its request, such as a WebSocket or an event stream, may go on. */
export interface Lifetime {
  /**
   * Aborts when the session is revoked (`reason.code` is `FST_CLERK_LIFETIME_REVOKED`) or when the newest token expires
   * without renewal (`FST_CLERK_LIFETIME_EXPIRED`). It does not abort when the connection closes by itself.
   */
  readonly signal: AbortSignal
  /** The auth of the newest token. Permissions can change with a renewal. */
  readonly auth: SignedInAuth
  /**
   * When the connection ends unless it is renewed: `exp` of the newest token plus the clock skew, ms since the epoch.
   */
  readonly expiresAtMs: number
  /**
   * Extends the lifetime by a fresh token that the client sent over the connection. The token must be of the same
   * session, user and organization. A refused token changes nothing: the connection ends at `expiresAtMs` as before.
   */
  renew(token: string): Promise<Renewal>
  /**
   * Ends the supervision without aborting the signal. Happens by itself when the signal aborts, or when the response ends:
   * of an upgraded connection, when its socket closes.
   */
  close(): void
}

/** A response, a socket or a stream of HTTP/2: its `close` ends the lifetime. */
export interface Closable {
  once(event: 'close', listener: () => void): unknown
  off(event: 'close', listener: () => void): unknown
}

/** A socket, stream or response of Node. Its `close` comes once, and not again for a listener that is late. */
export interface Closing extends Closable {
  readonly closed?: boolean
}

export interface LifetimesOptions {
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly clockSkewMs: number
  readonly revocations: Pick<Revocations, 'size' | 'covers' | 'onRevoked'>
  readonly verify: (token: string) => Eventually<VerificationOutcome>
  /** Default: real time, without keeping the process alive. */
  readonly setTimer?: SetTimer
}

export interface Lifetimes {
  /** Number of open connections. */
  readonly size: number
  /** Begins the lifetime of a connection. Throws `FST_CLERK_UNAUTHORIZED` unless a session is signed in, also for machine tokens. */
  open(auth: Auth, closable?: Closable): Lifetime
  /** Ends the supervision of all connections; no signal aborts. */
  close(): void
}

/**
 * Lifetimes of the connections of one instance: one timer for all, and indexes by session and user to find the revoked.
 */
export function createLifetimes(options: LifetimesOptions): Lifetimes {
  const { now, clockSkewMs, revocations, verify, setTimer = setUnrefTimer } = options
  const bySession = new ConnectionIndex<Connection>()
  const byUser = new ConnectionIndex<Connection>()
  // Made once and shared: thousands of connections can end in one turn, and a stack trace for each would say the same.
  const revoked = new LifetimeRevokedError()
  const expired = new LifetimeExpiredError()
  const clock = new ExpiryClock<Connection>(now, setTimer, (connection) => connection.end(expired))
  const owner: Owner = { clock, verify, clockSkewMs, enter, leave }

  const stopListening = revocations.onRevoked((revocation) => {
    for (const connection of affectedBy(revocation)) if (revocations.covers(connection)) connection.end(revoked)
  })

  function affectedBy(revocation: Revocation): Connection[] {
    switch (revocation.kind) {
      case 'session':
        return bySession.find(revocation.id)
      case 'user':
      case 'user-sessions':
        return byUser.find(revocation.id)
      case 'membership':
        return byUser.find(revocation.userId)
      default:
        return [...clock]
    }
  }

  function enter(connection: Connection): void {
    const { sessionId, userId, actor } = connection.auth
    clock.add(connection)
    byUser.add(userId, connection)
    if (sessionId !== undefined) bySession.add(sessionId, connection)
    if (actor !== undefined) byUser.add(actor.sub, connection)
  }

  function leave(connection: Connection): void {
    const { sessionId, userId, actor } = connection.auth
    clock.remove(connection)
    byUser.remove(userId, connection)
    if (sessionId !== undefined) bySession.remove(sessionId, connection)
    if (actor !== undefined) byUser.remove(actor.sub, connection)
  }

  return {
    get size() {
      return clock.size
    },

    open(auth, closable) {
      if (!auth.isAuthenticated) throw new UnauthorizedError('sign in first')
      if (auth.tokenType !== 'session_token') throw new UnauthorizedError(SESSIONS_ONLY)
      const connection = new Connection(owner, auth, closable)
      enter(connection)
      if (revocations.size !== 0 && revocations.covers(connection)) connection.end(revoked)
      return connection
    },

    close() {
      stopListening()
      for (const connection of [...clock]) connection.close()
      clock.stop()
    }
  }
}

const SESSIONS_ONLY =
  'a lifetime is that of a session, and the request came with a machine token: let the route accept session_token alone'

/** The members of `createLifetimes` that its connections call. */
interface Owner {
  readonly clock: ExpiryClock<Connection>
  readonly verify: LifetimesOptions['verify']
  readonly clockSkewMs: number
  enter(connection: Connection): void
  leave(connection: Connection): void
}

/** One open connection. A class, because there may be tens of thousands: the methods are shared. */
class Connection implements Lifetime, Expiring {
  auth: SignedInAuth
  issuedAt = Infinity
  clearedEpoch = 0
  expiresAtMs = 0
  dueSecond = 0
  readonly #owner: Owner
  #isOpen = true
  #closable: Closable | undefined
  #onClose: (() => void) | undefined
  // Made when `signal` is first read: an abort controller takes more memory than all other fields together.
  #controller: AbortController | undefined
  #endedBy: Error | undefined

  constructor(owner: Owner, auth: SignedInAuth, closable: Closable | undefined) {
    this.#owner = owner
    this.auth = auth
    this.#take(auth)
    if (closable === undefined) return
    this.#closable = closable
    this.#onClose = () => this.close()
    closable.once('close', this.#onClose)
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#endedBy !== undefined) this.#controller.abort(this.#endedBy)
    }
    return this.#controller.signal
  }

  async renew(token: string): Promise<Renewal> {
    const outcome = await this.#owner.verify(token)
    if (!outcome.ok) return { ok: false, reason: outcome.reason }
    const reason = this.#objectionTo(outcome.auth)
    if (reason !== null) return { ok: false, reason }
    if (outcome.expiresAtMs > this.expiresAtMs) {
      this.#owner.leave(this)
      this.#take(outcome.auth)
      this.#owner.enter(this)
    }
    return { ok: true, auth: this.auth, expiresAtMs: this.expiresAtMs }
  }

  close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#owner.leave(this)
    if (this.#onClose !== undefined) this.#closable?.off('close', this.#onClose)
    this.#closable = undefined
    this.#onClose = undefined
  }

  end(reason: Error): void {
    if (!this.#isOpen) return
    this.close()
    this.#endedBy = reason
    this.#controller?.abort(reason)
  }

  /**
   * Why a token cannot renew this connection; null if it can. The application admitted the connection by its first
   * token. A token of another session or organization, or of a session that has become pending since, calls for a new
   * decision, and so for a new connection.
   */
  #objectionTo(auth: SignedInAuth): RenewalFailureReason | null {
    if (!this.#isOpen) return 'connection-ended'
    const { sessionId, userId, orgId, sessionStatus } = this.auth
    if (sessionId === undefined || auth.sessionId !== sessionId || auth.userId !== userId) return 'session-mismatch'
    if (auth.orgId !== orgId) return 'organization-mismatch'
    return auth.sessionStatus === 'pending' && sessionStatus !== 'pending' ? 'session-pending' : null
  }

  #take(auth: SignedInAuth): void {
    this.auth = auth
    this.issuedAt = auth.sessionClaims.iat ?? Infinity
    this.clearedEpoch = 0
    this.expiresAtMs = auth.sessionClaims.exp * 1000 + this.#owner.clockSkewMs
  }
}
