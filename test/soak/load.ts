import { randomBytes } from 'node:crypto'
import { Agent, request } from 'node:http'
import { connect } from 'node:net'
import type { LocalClerk } from '../../src/local/index.js'

/** Number of answers by kind of request and status. */
export type Tally = Map<string, number>

export interface Load {
  readonly tally: Tally
  /** Answers that must not occur: a forged token accepted, a good token refused, a 500. */
  readonly wrong: string[]
  stop(): Promise<void>
}

export interface Circumstances {
  isRevoked(userId: string): boolean
  /**
   * Keys were rotated seconds ago. A flood of unknown kids has spent the budget of fetches that strangers can cause, so a
   * user never seen before may have to wait for the next poll; users who were here before have a budget of their own.
   */
  isJustRotated(): boolean
}

const WORKERS = 12
const SESSIONS = 300
/** Tokens live for 60 s; a browser gets the next one well before. */
const RENEW_MS = 40_000

interface Session {
  readonly userId: string
  token: string
  signedAtMs: number
}

/** Mixed traffic from a fixed number of clients, each sending its next request when it has its answer. */
export function startLoad(port: number, clerk: LocalClerk, circumstances: Circumstances): Load {
  const agent = new Agent({ keepAlive: true, maxSockets: WORKERS })
  const tally: Tally = new Map()
  const wrong: string[] = []
  const sessions = Array.from(
    { length: SESSIONS },
    (_, n): Session => ({ userId: `user_${n}`, token: '', signedAtMs: 0 })
  )
  let isStopped = false
  let sent = 0

  const count = (kind: string, status: number | string) => {
    const name = `${kind} ${status}`
    tally.set(name, (tally.get(name) ?? 0) + 1)
  }

  function tokenOf(session: Session): string {
    if (Date.now() - session.signedAtMs > RENEW_MS) {
      session.token = clerk.signSessionToken({ userId: session.userId, sessionId: `sess_${session.userId}` })
      session.signedAtMs = Date.now()
    }
    return session.token
  }

  function get(path: string, headers: Record<string, string>): Promise<number> {
    return new Promise((resolve) => {
      const outgoing = request({ agent, port, host: '127.0.0.1', path, headers }, (response) => {
        response.resume()
        response.on('end', () => resolve(response.statusCode ?? 0))
        response.on('error', () => resolve(0))
      })
      outgoing.on('error', () => resolve(0))
      outgoing.end()
    })
  }

  function expect(kind: string, status: number, allowed: readonly number[]): void {
    count(kind, status)
    if (!allowed.includes(status) && wrong.length < 20) wrong.push(`${kind}: ${status}`)
  }

  function expectNew(status: number): void {
    expect('new token', status, circumstances.isJustRotated() ? [200, 401, 503] : [200, 503])
  }

  function forged(n: number): string {
    const [head = '', payload = ''] = clerk.signSessionToken({ userId: 'user_forged' }).split('.')
    const signature = randomBytes(256).toString('base64url')
    if (n % 3 !== 0) return `${head}.${payload}.${signature}`
    const header = { alg: 'RS256', cat: 'cl_B7d4PD111AAA', kid: `ins_${randomBytes(6).toString('hex')}`, typ: 'JWT' }
    return `${Buffer.from(JSON.stringify(header)).toString('base64url')}.${payload}.${signature}`
  }

  async function sendOne(n: number): Promise<void> {
    const session = sessions[(n * 7919) % SESSIONS] as Session
    // While keys cannot be had, a token under a new key is answered with 503: that is no wrong answer.
    const allowed = circumstances.isRevoked(session.userId) ? [200, 401, 503] : [200, 503]
    switch (n % 20) {
      case 0:
        return expectNew(await get('/me', clerk.bearer({ userId: `user_new_${n}` })))
      case 1:
      case 2:
      case 3:
      case 4:
        return expect('forged', await get('/me', { authorization: `Bearer ${forged(n)}` }), [401, 503])
      case 5:
        return expect('cookie', await get('/me', { cookie: clerk.cookies(tokenOf(session)) }), allowed)
      case 6:
        return expect('page', await get('/open', { cookie: '__client_uat=1', 'sec-fetch-dest': 'document' }), [307])
      case 7:
        return expect('garbage', await get('/me', { authorization: 'Bearer x', cookie: '__session=x' }), [401])
      case 8:
        return abort(n % 2 === 0 ? tokenOf(session) : clerk.signSessionToken())
      case 9:
        return expect('expired', await get('/me', clerk.bearer({ expiresInSeconds: -60 })), [401, 503])
      default:
        return expect('known token', await get('/me', { authorization: `Bearer ${tokenOf(session)}` }), allowed)
    }
  }

  /** Sends a request and hangs up at once. */
  function abort(token: string): Promise<void> {
    count('aborted', '-')
    return new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1')
      socket.on('error', () => {})
      socket.on('close', () => resolve())
      socket.write(`GET /me HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${token}\r\n\r\n`, () =>
        socket.resetAndDestroy()
      )
    })
  }

  async function work(): Promise<void> {
    while (!isStopped) await sendOne(sent++)
  }
  const workers = Array.from({ length: WORKERS }, work)

  return {
    tally,
    wrong,
    async stop() {
      isStopped = true
      await Promise.all(workers)
      agent.destroy()
    }
  }
}
