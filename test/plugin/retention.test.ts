import { getHeapSnapshot } from 'node:v8'
import type { FastifyReply, FastifyRequest } from 'fastify'
import t, { type Test } from 'tap'
import { createInstance, type Instance } from '../../src/core/instance.js'
import { silentLogger } from '../../src/core/logger.js'
import { readInstanceOptions } from '../../src/core/options/instance-settings.js'
import { createLocalClerk, type LocalClerk } from '../../src/local/index.js'
import { createOnRequest } from '../../src/plugin/on-request.js'
import { createDefaultPolicy } from '../../src/plugin/route-policy.js'
import { kAuth } from '../../src/plugin/symbols.js'
import { signingKey } from '../fixtures/app.js'

// Searches the heap for tokens that no cache holds any more. Calls the hook without a server, because `inject` keeps
// requests in memory.

/** Parts of the token as buffers, whose bytes are outside the heap and so not found by the search itself. */
const tracesOf = (token: string, userId: string): Buffer[] =>
  [token.slice(-60), token.slice(-120, -60), userId].map((text) => Buffer.from(text))

/** Whether a heap snapshot holds each of the traces. */
async function findOnHeap(traces: readonly Buffer[]): Promise<boolean[]> {
  const chunks: Buffer[] = []
  for await (const chunk of getHeapSnapshot()) chunks.push(chunk)
  const snapshot = Buffer.concat(chunks)
  return traces.map((trace) => snapshot.includes(trace))
}

interface Scene {
  readonly clerk: LocalClerk
  readonly instance: Instance
}

async function setUp(t: Test, instanceType: 'production' | 'development'): Promise<Scene> {
  const clerk = await createLocalClerk({ frontendApi: 'clerk.example.com', instanceType, signingKey })
  const instance = createInstance(readInstanceOptions(clerk.pluginOptions(), { env: {}, logger: silentLogger }))
  t.teardown(() => instance.close())
  return { clerk, instance }
}

/** Sends a new token twice: once to be verified, and once from memory. */
async function send({ clerk, instance }: Scene, userId: string, carrier: 'header' | 'cookie'): Promise<Buffer[]> {
  const defaults = createDefaultPolicy(instance.settings)
  const hook = createOnRequest(instance, { isInUse: false, defaults } as Parameters<typeof createOnRequest>[1])
  const token = clerk.signSessionToken({ userId })
  for (let time = 0; time < 2; time++) {
    const headers = carrier === 'header' ? { authorization: `Bearer ${token}` } : { cookie: clerk.cookies(token) }
    const request = { raw: { method: 'GET', url: '/', headers }, originalUrl: '/', protocol: 'https', host: 'a.test' }
    await new Promise<void>((resolve) =>
      hook.call(undefined as never, request as unknown as FastifyRequest, {} as FastifyReply, () => resolve())
    )
    const { [kAuth]: auth } = request as unknown as { [kAuth]: { userId: string } }
    if (auth.userId !== userId) throw new Error('not signed in')
  }
  return tracesOf(token, userId)
}

t.test('a token is gone once the cache is cleared, or the instance closed', async (t) => {
  // The control comes first: a trace that only the latest token leaves must come from a token that has to be gone.
  const control = await send(await setUp(t, 'production'), 'user_kept', 'cookie')
  const traces: Buffer[] = []
  for (const instanceType of ['production', 'development'] as const) {
    for (const carrier of ['header', 'cookie'] as const) {
      const cleared = await setUp(t, instanceType)
      traces.push(...(await send(cleared, `user_cleared_${instanceType}_${carrier}`, carrier)))
      cleared.instance.memory.clear()

      const closed = await setUp(t, instanceType)
      traces.push(...(await send(closed, `user_closed_${instanceType}_${carrier}`, carrier)))
      await closed.instance.close()
    }
  }
  const found = await findOnHeap([...control, ...traces])
  t.same(
    found.slice(0, control.length),
    control.map(() => true),
    'control: a token in the cache is found'
  )
  t.same(
    found.slice(control.length),
    traces.map(() => false)
  )
})
