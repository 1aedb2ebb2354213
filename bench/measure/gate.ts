import { request } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import type { LocalClerk } from '../../src/local/index.js'
import type { Contender, Refusal } from '../contenders/contender.js'
import { anonymousHeaders, type Carrier, forge, type Headers, headersFor, signToken } from '../traffic/material.js'

/** How a client of one kind asks. `forge` makes of a good credential one that nobody has issued. */
export interface Client {
  readonly path: string
  issue(user: string, expiresInSeconds?: number): string
  forge(token: string): string
  headers(token: string): Headers
  readonly anonymous: Headers
}

export interface GatedServer {
  /** The row, for messages. */
  readonly name: string
  readonly refuses: Contender['refuses']
  readonly port: number
  readonly client: Client
}

/** A client that carries session tokens of the instance. */
export function createClient(clerk: LocalClerk, carrier: Carrier): Client {
  return {
    path: '/me',
    issue: (user, expiresInSeconds) => signToken(clerk, user, expiresInSeconds),
    forge,
    headers: (token) => headersFor(clerk, carrier, token),
    anonymous: anonymousHeaders(clerk, carrier)
  }
}

/**
 * Throws unless every contender accepts a good token, refuses the requests that it claims to refuse, and accepts those
 * that it does not: no token, a forged token, and a token that it has accepted before and that has expired since. A
 * contender that does less than its row says must not be timed; with one that does more, the row is wrong.
 */
export async function assertCorrect(servers: readonly GatedServer[]): Promise<void> {
  const shortLived = new Map<GatedServer, Headers>()
  for (const server of servers) {
    const { client } = server
    const token = client.issue('good')
    const good = client.headers(token)
    // Twice: with a cache, the second answer is another than the first.
    await expectUser(server, good, 'user_good')
    await expectUser(server, good, 'user_good')
    // A token for each contender: on a busy machine the gate takes longer than one token lives.
    const headers = client.headers(client.issue('short-lived', 3))
    shortLived.set(server, headers)
    await expectUser(server, headers, 'user_short-lived')
    await expectClaimed(server, client.headers(client.forge(token)), 'a forged token')
    await expectClaimed(server, client.anonymous, 'no token')
    await expectUser(server, good, 'user_good')
  }
  // Real time: the contenders have no other clock in common.
  await wait(4500)
  for (const [server, headers] of shortLived) await expectClaimed(server, headers, 'an expired token')
}

async function expectUser(server: GatedServer, headers: Headers, userId: string): Promise<void> {
  const { status, body } = await get(server, headers)
  const answered = status === 200 ? (JSON.parse(body) as { userId: string }).userId : null
  // Without any claim the answer names one user for all.
  if (status !== 200 || (server.refuses.length > 0 && answered !== userId)) {
    throw new Error(`${server.name} has to accept a good token, and answered ${status} ${body}`)
  }
}

async function expectClaimed(server: GatedServer, headers: Headers, what: Refusal): Promise<void> {
  const { status, body } = await get(server, headers)
  // 307, a handshake, is a refusal too.
  const isRefused = status === 401 || status === 307
  const isExpected = server.refuses.includes(what) ? isRefused : status === 200
  if (isExpected) return
  const claim = server.refuses.includes(what) ? 'refuse' : 'accept'
  throw new Error(`${server.name} claims to ${claim} ${what}, and answered ${status} ${body}`)
}

function get({ port, client }: GatedServer, headers: Headers): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ port, host: '127.0.0.1', path: client.path, headers, agent: false }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }))
    })
    outgoing.on('error', reject)
    outgoing.end()
  })
}
