import { request } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import type { LocalClerk } from '../../src/local/index.js'
import { anonymousHeaders, type Carrier, forge, type Headers, headersFor, signToken } from '../traffic/material.js'

export interface GatedServer {
  readonly name: string
  readonly carrier: Carrier
  readonly judges: boolean
  readonly port: number
}

/**
 * Throws unless every contender accepts a good token and refuses a forged one, a request without a token, and a token
 * that it has accepted before and that has expired since: a contender that does not judge must not be timed.
 */
export async function assertCorrect(clerk: LocalClerk, servers: readonly GatedServer[]): Promise<void> {
  const shortLived = new Map<GatedServer, Headers>()
  const good = signToken(clerk, 'good')
  const forged = forge(good)
  for (const server of servers) {
    const { carrier } = server
    await expectUser(server, headersFor(clerk, carrier, good), 'user_good')
    if (!server.judges) continue
    await expectUser(server, headersFor(clerk, carrier, good), 'user_good')
    // A token for each contender: on a busy machine the gate takes longer than one token lives.
    const headers = headersFor(clerk, carrier, signToken(clerk, 'short-lived', 3))
    shortLived.set(server, headers)
    await expectUser(server, headers, 'user_short-lived')
    await expectRefusal(server, headersFor(clerk, carrier, forged), 'a forged token')
    await expectRefusal(server, anonymousHeaders(clerk, carrier), 'no token')
    await expectUser(server, headersFor(clerk, carrier, good), 'user_good')
  }
  // Real time: the contenders have no other clock in common.
  await wait(4500)
  for (const [server, headers] of shortLived) await expectRefusal(server, headers, 'an expired token')
}

async function expectUser(server: GatedServer, headers: Headers, userId: string): Promise<void> {
  const { status, body } = await get(server.port, headers)
  const answered = status === 200 ? (JSON.parse(body) as { userId: string }).userId : null
  if (status !== 200 || (server.judges && answered !== userId)) {
    throw new Error(`${server.name} (${server.carrier}) has to accept a good token, and answered ${status} ${body}`)
  }
}

async function expectRefusal(server: GatedServer, headers: Headers, what: string): Promise<void> {
  const { status, body } = await get(server.port, headers)
  // 307, a handshake, is a refusal too.
  if (status !== 401 && status !== 307) {
    throw new Error(`${server.name} (${server.carrier}) has to refuse ${what}, and answered ${status} ${body}`)
  }
}

function get(port: number, headers: Headers): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ port, host: '127.0.0.1', path: '/me', headers, agent: false }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }))
    })
    outgoing.on('error', reject)
    outgoing.end()
  })
}
