// Event-loop time of one audited request, measured in a forked process: the hooks of a real route are called with
// Fastify's own request and reply objects, and write to a file sink. The cost of the rest is in both rounds, and
// cancels.

import { generateKeyPairSync, sign, verify } from 'node:crypto'
import { closeSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs'
import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Fastify, { type FastifyReply, type FastifyRequest, type RouteOptions } from 'fastify'
import audit, { type AuditOptions, fileSink } from '../../src/audit/index.js'
import { createSignedInAuth } from '../../src/core/auth/session-auth.js'
import type { SessionClaims } from '../../src/core/auth/types.js'
import { serve } from '../measure/child.js'
import { readLoopTime } from '../measure/loop-time.js'

export interface AuditCase {
  readonly name: string
  readonly options?: Partial<AuditOptions>
  readonly method: 'POST' | 'GET'
}

export interface AuditSample {
  /** Event-loop time per request, in µs: one value for each pair of rounds. */
  readonly microseconds: readonly number[]
  readonly recordBytes: number
  /** `crypto.verify` RS256 by the same clock, before and after: shows how fast the machine was. */
  readonly verifyMicroseconds: number
}

export interface AuditJob {
  readonly case: AuditCase
  readonly rounds: number
  readonly requestsPerRound: number
}

type Hook = (request: FastifyRequest, reply: FastifyReply, ...rest: unknown[]) => void

const PER_TURN = 32
const USERS = 1_000
const CONNECTIONS = 64
const noop = () => {}
const AGENTS = Array.from({ length: 40 }, (_, index) =>
  Buffer.from(
    `Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${100 + index}.0.0.0 Safari/537.36`
  )
)
const HINTS: readonly (readonly [string, Buffer])[] = [
  ['sec-ch-ua', Buffer.from('"Chromium";v="130", "Google Chrome";v="130", "Not?A_Brand";v="99"')],
  ['sec-ch-ua-mobile', Buffer.from('?0')],
  ['sec-ch-ua-platform', Buffer.from('"Windows"')]
]

async function measure({ case: { options, method }, rounds, requestsPerRound }: AuditJob): Promise<AuditSample> {
  const folder = mkdtempSync(join(tmpdir(), 'audit-bench-'))
  const fastify = Fastify()
  const auths = Array.from({ length: USERS }, (_, user) => {
    const claims = {
      sub: `user_2hGq7XcM0kQyTnE4dV5${user}`,
      sid: `sess_2hGq7XcM0kQyTnE4dV5${user}`,
      exp: 2_000_000_000
    }
    return createSignedInAuth(claims as SessionClaims, '', { fetchToken: async () => '' })
  })
  fastify.decorateRequest('auth', null as never)
  await fastify.register(audit, { sink: fileSink(join(folder, 'audit.ndjson')), ...options })
  let captured: { request: FastifyRequest; reply: FastifyReply } | null = null
  let hooks: { onRequest: Hook[]; onSend: Hook[]; onResponse: Hook[] } | null = null
  fastify.addHook('onRoute', (route: RouteOptions) => {
    if (route.method === method) hooks = route as never
  })
  fastify.route({
    method,
    url: '/invoices/:id',
    handler: async (request, reply) => {
      captured = { request, reply }
      return 'ok'
    }
  })
  await fastify.inject({ method, url: '/invoices/1' })
  if (captured === null || hooks === null) throw new Error('The route was not reached')
  const { request: model, reply: replyModel } = captured as { request: FastifyRequest; reply: FastifyReply }
  const { onRequest, onSend, onResponse } = hooks as { onRequest: Hook[]; onSend: Hook[]; onResponse: Hook[] }
  const context = contextOf(model)
  const Request = model.constructor as new (...args: unknown[]) => FastifyRequest
  const Reply = replyModel.constructor as new (...args: unknown[]) => FastifyReply
  const sockets = Array.from({ length: CONNECTIONS }, (_, index) => {
    const socket = new Socket()
    Object.defineProperty(socket, 'remoteAddress', { value: `198.51.100.${index}` })
    return socket
  })

  function makeRequest(number: number): { request: FastifyRequest; reply: FastifyReply } {
    const raw = new IncomingMessage(sockets[number % CONNECTIONS] as Socket)
    raw.method = method
    // New strings, as the HTTP parser makes them: a string that was used as a key before has its hash already.
    raw.headers['user-agent'] = (AGENTS[number % AGENTS.length] as Buffer).toString('latin1')
    for (const [name, value] of HINTS) raw.headers[name] = value.toString('latin1')
    const request = new Request(`req-${number}`, { id: '1' }, raw, {}, model.log, context)
    ;(request as { auth: unknown }).auth = auths[(number * 7) % USERS]
    const response = new ServerResponse(raw)
    response.statusCode = 200
    return { request, reply: new Reply(response, request, model.log) }
  }

  async function round(isAudited: boolean): Promise<number> {
    const begin = readLoopTime()
    for (let number = 0; number < requestsPerRound; number++) {
      const { request, reply } = makeRequest(number)
      if (isAudited) {
        for (const hook of onRequest) hook(request, reply, noop)
        for (const hook of onSend) hook(request, reply, '', noop)
        for (const hook of onResponse) hook(request, reply, noop)
      }
      // Turns of the event loop, as between real requests: writes finish and timers run.
      if (number % PER_TURN === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    await fastify.auditLog.flush()
    return (readLoopTime() - begin) / requestsPerRound
  }

  try {
    const verifyBefore = measureVerify()
    for (let warmUp = 0; warmUp < 3; warmUp++) await round(warmUp % 2 === 0)
    const microseconds: number[] = []
    for (let index = 0; index < rounds; index++) {
      // Audited and plain rounds alternate in going first, so that a drift of the machine affects both.
      const isFirst = index % 2 === 0
      const first = await round(isFirst)
      const second = await round(!isFirst)
      microseconds.push(isFirst ? first - second : second - first)
    }
    const verifyMicroseconds = (verifyBefore + measureVerify()) / 2
    return { microseconds, recordBytes: recordSize(folder), verifyMicroseconds }
  } finally {
    await fastify.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

const KEYS = generateKeyPairSync('rsa', { modulusLength: 2048 })
const SIGNED = Buffer.alloc(700, 'a')
const SIGNATURE = sign('RSA-SHA256', SIGNED, KEYS.privateKey)

function measureVerify(): number {
  const verifications = 3_000
  for (let index = 0; index < 500; index++) verify('RSA-SHA256', SIGNED, KEYS.publicKey, SIGNATURE)
  const begin = readLoopTime()
  for (let index = 0; index < verifications; index++) verify('RSA-SHA256', SIGNED, KEYS.publicKey, SIGNATURE)
  return (readLoopTime() - begin) / verifications
}

function contextOf(request: FastifyRequest): unknown {
  const key = Object.getOwnPropertySymbols(request).find((symbol) => symbol.description === 'fastify.context')
  if (key === undefined) throw new Error('Fastify keeps the context of a request elsewhere')
  return (request as unknown as Record<symbol, unknown>)[key]
}

/** Average size of the whole records in the first MiB: the file may be longer than a string can be. */
function recordSize(folder: string): number {
  const file = openSync(join(folder, 'audit.ndjson'), 'r')
  try {
    const head = Buffer.alloc(1 << 20)
    const text = head.toString('latin1', 0, readSync(file, head))
    const end = text.lastIndexOf('\n') + 1
    return end === 0 ? 0 : Math.round(end / (text.slice(0, end).split('\n').length - 1))
  } finally {
    closeSync(file)
  }
}

serve(measure)
