import { createHmac, randomBytes } from 'node:crypto'
import Fastify from 'fastify'
import type { RevocationTarget } from '../../src/core/revocation/revocation.js'
import webhooks, { type WebhooksOptions } from '../../src/webhooks/index.js'

// Deliveries as Clerk signs them, and a server that takes them.

export const SECRET = `whsec_${randomBytes(24).toString('base64')}`
export const OLD_SECRET = `whsec_${randomBytes(24).toString('base64')}`

interface Attempt {
  readonly id?: string
  readonly seconds?: number
  readonly secret?: string
  readonly body?: string
}

let deliveries = 0

/** A delivery signed as the protocol says, by code that is not the code under test. */
export function sign(event: object, attempt: Attempt = {}) {
  const { id = `msg_${deliveries++}`, seconds = Math.floor(Date.now() / 1000), secret = SECRET } = attempt
  const payload = attempt.body ?? JSON.stringify({ object: 'event', timestamp: Date.now(), ...event })
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64')
  const mac = createHmac('sha256', key).update(`${id}.${seconds}.${payload}`).digest('base64')
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    'svix-id': id,
    'svix-timestamp': String(seconds),
    'svix-signature': `v1,${mac}`
  }
  return { method: 'POST' as const, url: '/webhooks/clerk', headers, payload }
}

export async function setUp(t: { teardown(f: () => unknown): void }, options: Partial<WebhooksOptions> = {}) {
  const revoked: [RevocationTarget, unknown][] = []
  const fastify = Fastify()
  t.teardown(() => fastify.close())
  await fastify.register(webhooks, {
    signingSecret: SECRET,
    revoke: (target, at) => revoked.push([target, at]),
    ...options
  })
  return { fastify, revoked }
}

export const sessionEnded = { type: 'session.ended', data: { id: 'sess_1', user_id: 'user_1' } }
