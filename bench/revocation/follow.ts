import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import type { LocalClerk } from '../../src/local/index.js'
import type { ServerProcess } from '../../test/fixtures/server-processes.js'
import type { Engine } from './engines.js'

export interface Following {
  /** Milliseconds from the answer to the webhook to the first refused request, per process and round. */
  readonly followMs: readonly number[]
  /** For revocations made while the engine was down: milliseconds from its restart to the first refused request. */
  readonly afterRestartMs: readonly number[]
}

const PROCESSES = 4

/**
 * Measures the time from a webhook, delivered to one of four processes that share an engine, until the others refuse the
 * session.
 */
export async function measureFollowing(clerk: LocalClerk, engine: Engine, rounds: number): Promise<Following> {
  const secret = `whsec_${randomBytes(24).toString('base64')}`
  const servers = await engine.startServers(PROCESSES, {
    CLERK_PUBLISHABLE_KEY: clerk.publishableKey,
    CLERK_SECRET_KEY: clerk.secretKey,
    CLERK_JWT_KEY: clerk.jwtKey,
    CLERK_WEBHOOK_SIGNING_SECRET: secret,
    NODE_ENV: 'production'
  })
  const [first, ...others] = servers as [ServerProcess, ...ServerProcess[]]
  let sessions = 0

  async function signInEverywhere() {
    const sessionId = `sess_${sessions++}`
    const bearer = clerk.bearer({ sessionId })
    for (const server of servers) {
      const { status } = await server.get('/me', bearer)
      if (status !== 200) throw new Error(`A good token got ${status}`)
    }
    return { sessionId, bearer }
  }

  async function revoke(sessionId: string): Promise<void> {
    const { headers, body } = clerk.signWebhook({ type: 'session.revoked', data: { id: sessionId } }, { secret })
    const { status } = await first.post('/webhooks/clerk', headers, body)
    if (status !== 204) throw new Error(`The webhook got ${status}`)
  }

  async function untilRefused(server: ServerProcess, bearer: Record<string, string>, began: number): Promise<number> {
    while ((await server.get('/me', bearer)).status !== 401);
    return performance.now() - began
  }

  async function round(): Promise<number[]> {
    const { sessionId, bearer } = await signInEverywhere()
    await revoke(sessionId)
    const began = performance.now()
    return Promise.all(others.map((server) => untilRefused(server, bearer, began)))
  }

  async function afterOutage({ begin, end }: NonNullable<Engine['outage']>): Promise<number[]> {
    await begin()
    const { sessionId, bearer } = await signInEverywhere()
    await revoke(sessionId)
    const began = performance.now()
    await end()
    return Promise.all(others.map((server) => untilRefused(server, bearer, began)))
  }

  try {
    const followMs: number[] = []
    for (let i = 0; i < rounds; i++) followMs.push(...(await round()))
    const afterRestartMs = engine.outage === null ? [] : await afterOutage(engine.outage)
    for (let i = 0; i < rounds; i++) followMs.push(...(await round()))
    return { followMs, afterRestartMs }
  } finally {
    await Promise.all(servers.map((server) => server.close()))
  }
}

export const memoryProcess = fileURLToPath(new URL('memory-process.js', import.meta.url))
