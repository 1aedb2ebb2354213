import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import type { LocalClerk } from '../../src/local/index.js'
import type { Answers } from './answers.js'
import { createClients } from './clients.js'
import { sendAs, type Users } from './users.js'
import { type Load, startWorkers } from './workers.js'

/** What the parts of the load share. */
export interface Scene {
  readonly clerk: LocalClerk
  readonly answers: Answers
  readonly users: Users
  readonly port: number
  readonly circumstances: Circumstances
}

export interface Circumstances {
  /**
   * Answers that a user may get besides 200. 503: while keys cannot be had, as for a token under a new key in an outage. 401
   * seconds after a rotation: a flood of unknown kids has spent the budget of fetches that strangers can cause, so a user
   * never seen before may have to wait for the next poll; users who were here before have a budget of their own.
   */
  besides(wasSeen: boolean): readonly number[]
  /** Neither a rotation nor an outage of the key endpoint is near: nobody has to wait for keys. */
  areKeysCertain(): boolean
}

const WORKERS = 12

/** Mixed traffic to the server with one instance. */
export function startMixedLoad({ clerk, answers, users, port, circumstances }: Scene): Load {
  const clients = createClients(port, WORKERS)
  const { get } = clients
  const { expect, expectUser } = answers

  async function sendUser(kind: string, n: number, headersOf: (token: string) => Record<string, string>) {
    const send = (token: string) => get('/me', headersOf(token))
    await sendAs(users.session(n * 7919), answers, kind, send, circumstances.besides)
  }

  async function sendNew(n: number): Promise<void> {
    const userId = `user_new_${n}_`
    const answer = await get('/me', clerk.bearer({ userId }))
    expectUser('new token', answer, userId, [200, ...circumstances.besides(false)])
  }

  async function sendStranger(kind: string, headers: Record<string, string>, allowed: readonly number[]) {
    expect(kind, (await get('/me', headers)).status, allowed)
  }

  async function sendOne(n: number): Promise<void> {
    switch (n % 20) {
      case 0:
        return sendNew(n)
      case 1:
      case 2:
      case 3:
      case 4:
        return sendStranger('forged', { authorization: `Bearer ${forge(clerk, n)}` }, [401, 503])
      case 5:
        return sendUser('cookie', n, (token) => ({ cookie: clerk.cookies(token) }))
      case 6: {
        const page = await get('/open', { cookie: '__client_uat=1', 'sec-fetch-dest': 'document' })
        return expect('page', page.status, [307])
      }
      case 7:
        return sendStranger('garbage', { authorization: 'Bearer x', cookie: '__session=x' }, [401])
      case 8:
        answers.count('aborted', '-')
        return abort(port, n % 2 === 0 ? users.session(n * 7919).token : clerk.signSessionToken())
      case 9:
        return sendStranger('expired', clerk.bearer({ expiresInSeconds: -60 }), [401, 503])
      default:
        return sendUser('known token', n, (token) => ({ authorization: `Bearer ${token}` }))
    }
  }

  const workers = startWorkers(WORKERS, sendOne)
  return {
    async stop() {
      await workers.stop()
      clients.close()
    }
  }
}

/** A token with a random signature: each third under a made-up key id, the others under a real one. */
export function forge(clerk: LocalClerk, n: number): string {
  const [head = '', payload = ''] = clerk.signSessionToken({ userId: 'user_forged' }).split('.')
  const signature = randomBytes(256).toString('base64url')
  if (n % 3 !== 0) return `${head}.${payload}.${signature}`
  const header = { alg: 'RS256', cat: 'cl_B7d4PD111AAA', kid: `ins_${randomBytes(6).toString('hex')}`, typ: 'JWT' }
  return `${Buffer.from(JSON.stringify(header)).toString('base64url')}.${payload}.${signature}`
}

/** Sends a request and hangs up at once. */
function abort(port: number, token: string): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => {})
    socket.on('close', () => resolve())
    socket.write(`GET /me HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${token}\r\n\r\n`, () =>
      socket.resetAndDestroy()
    )
  })
}
