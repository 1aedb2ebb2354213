import { setTimeout as wait } from 'node:timers/promises'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import clerkAuth from '../../src/index.js'
import { createLocalClerk } from '../../src/local/index.js'

const TEXT =
  /publishableKey \(CLERK_PUBLISHABLE_KEY\) and secretKey \(CLERK_SECRET_KEY\) belong to different Clerk instances/

/** An application with the publishable key of one instance and the secret key of another. */
async function createMixed(t: Test, instanceType: 'development' | 'production') {
  const frontend = await createLocalClerk({ frontendApi: 'clerk.frontend.example', instanceType })
  const backend = await createLocalClerk({ frontendApi: 'clerk.backend.example', instanceType })
  t.teardown(() => Promise.all([frontend.close(), backend.close()]))
  const logged: string[] = []
  const log = () => {}
  const logger = { info: log, warn: log, debug: log, error: (_fields: object, message: string) => logged.push(message) }
  hasten(t)
  const fastify = Fastify()
  t.teardown(() => fastify.close())
  const options = backend.pluginOptions({
    publishableKey: frontend.publishableKey,
    logger,
    fetch: (resource: string | URL | Request, init?: RequestInit) =>
      (String(resource).startsWith('https://clerk.frontend.example/') ? frontend : backend).fetch(resource, init)
  })
  await fastify.register(clerkAuth, options)
  fastify.get('/', { onRequest: fastify.requireAuth }, () => 'in')
  const ask = () => fastify.inject({ url: '/', headers: frontend.bearer() })
  return { fastify, frontend, logged, ask }
}

/** The two waits of the search take no time; all other timers are real. */
function hasten(t: Test): void {
  const { setTimeout } = globalThis
  const value = (run: () => void, ms: number) => setTimeout(run, ms === 2000 || ms === 60_000 ? 1 : ms)
  t.intercept(globalThis, 'setTimeout', { value })
}

for (const instanceType of ['development', 'production'] as const) {
  t.test(`${instanceType}: keys of two instances are named in the log and in health`, async (t) => {
    const { fastify, frontend, logged, ask } = await createMixed(t, instanceType)
    t.match(fastify.clerk.health(), { instanceMismatch: null, degraded: true }, 'before the first keys')
    t.equal((await ask()).headers['x-clerk-auth-reason'], 'jwk-kid-mismatch')
    for (let i = 0; i < 500 && fastify.clerk.health().instanceMismatch === null; i++) await wait(10)
    t.match(fastify.clerk.health(), { instanceMismatch: { options: ['publishableKey', 'secretKey'] }, degraded: true })
    t.match(logged, [TEXT])

    const response = await ask()
    t.equal(response.statusCode, 401)
    const told = JSON.stringify([response.headers, response.body])
    if (instanceType === 'development') t.match(told, TEXT)
    else t.notMatch(told, /secretKey|CLERK_SECRET_KEY/, 'a stranger is told no more than before')
    t.match(await fastify.clerk.verifyToken(frontend.signSessionToken()), { ok: false, message: TEXT })
  })
}
