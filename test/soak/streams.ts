import { Agent, type IncomingMessage, request } from 'node:http'
import { createClients } from './clients.js'
import type { Scene } from './load.js'
import { type Session, sendAs } from './users.js'
import { type Load, startWorkers } from './workers.js'

const MAX_END_MS = 2000

export interface StreamLoad extends Load {
  /** Sockets that carried all the streams. */
  readonly sockets: number
}

/** Streams that use `lifetime(request)`, one after another over one socket. */
export function startStreams({ port, answers, users, circumstances }: Scene): StreamLoad {
  const clients = createClients(port, 1)
  const worker = startWorkers(1, async (n) => {
    const send = (token: string) => clients.get('/stream', { authorization: `Bearer ${token}` })
    const answer = await sendAs(users.session(n), answers, 'stream', send, circumstances.besides)
    if (answer.status === 200 && !answer.body.endsWith('data: done\n\n')) answers.fail('stream: cut off')
  })
  return {
    get sockets() {
      return clients.sockets
    },
    async stop() {
      await worker.stop()
      clients.close()
    }
  }
}

/** Revokes a session while a stream of it is open: the stream has to end. */
export async function revokeWithStream(
  { port, answers }: Scene,
  session: Session,
  revoke: () => Promise<unknown>
): Promise<void> {
  const agent = new Agent()
  const stream = await open(agent, port, session.token)
  if (stream.statusCode !== 200) answers.count('stream of a session to be revoked', stream.statusCode ?? 0)
  const ended = new Promise((resolve) => stream.once('close', () => resolve('ended by its revocation')))
  await revoke()
  const slow = new Promise((resolve) => setTimeout(resolve, MAX_END_MS, 'open').unref())
  const outcome = await Promise.race([ended, slow])
  if (outcome === 'open') answers.fail('stream: open after its session was revoked')
  else if (stream.statusCode === 200) answers.count('open stream', String(outcome))
  agent.destroy()
  stream.destroy()
}

function open(agent: Agent, port: number, token: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}` }
    const outgoing = request({ agent, port, host: '127.0.0.1', path: '/stream?stay=1', headers }, (response) => {
      response.resume()
      resolve(response)
    })
    outgoing.on('error', reject)
    outgoing.end()
  })
}
