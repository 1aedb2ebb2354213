import diagnosticsChannel from 'node:diagnostics_channel'
import { setTimeout as wait } from 'node:timers/promises'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import type { RefusalEvent } from '../../src/core/diagnostics/events.js'
import clerkAuth, { type ClerkAuthOptions } from '../../src/index.js'
import { createLocalClerk } from '../../src/local/index.js'

const TEXT =
  /publishableKey \(CLERK_PUBLISHABLE_KEY\) and secretKey \(CLERK_SECRET_KEY\) belong to different Clerk instances/

/** An application with the publishable key of one instance and the secret key of another, served over HTTP. */
async function createMixed(
  t: Test,
  instanceType: 'development' | 'production',
  overrides: (backend: { jwtKey: string }) => Partial<ClerkAuthOptions> = () => ({})
) {
  const frontend = await createLocalClerk({ frontendApi: 'clerk.frontend.example', instanceType })
  const backend = await createLocalClerk({ frontendApi: 'clerk.backend.example', instanceType })
  t.teardown(() => Promise.all([frontend.close(), backend.close()]))
  const logged: string[] = []
  const log = () => {}
  const logger = { info: log, warn: log, debug: log, error: (_fields: object, message: string) => logged.push(message) }
  hasten(t)
  const lines: string[] = []
  const fastify = Fastify({ logger: { level: 'info', stream: { write: (line: string) => void lines.push(line) } } })
  t.teardown(() => fastify.close())
  const options = backend.pluginOptions({
    publishableKey: frontend.publishableKey,
    logger,
    fetch: (resource: string | URL | Request, init?: RequestInit) =>
      (String(resource).startsWith('https://clerk.frontend.example/') ? frontend : backend).fetch(resource, init),
    ...overrides(backend)
  })
  await fastify.register(clerkAuth, options)
  fastify.get('/', { onRequest: fastify.requireAuth }, () => 'in')
  const ask = () => fastify.inject({ url: '/', headers: frontend.bearer() })
  const send = async (path: string, headers: Record<string, string>) => {
    const origin = fastify.listeningOrigin
    const response = await fetch(`${origin}${path}`, { headers, redirect: 'manual' })
    return {
      status: response.status,
      headers: [...response.headers].filter(([name]) => name !== 'date'),
      body: await response.text()
    }
  }
  const search = async () => {
    for (let i = 0; i < 500 && fastify.clerk.health().instanceMismatch === null; i++) await wait(10)
    return fastify.clerk.health().instanceMismatch
  }
  const listen = () => fastify.listen({ port: 0, host: '127.0.0.1' })
  return { fastify, frontend, backend, logged, lines, ask, send, search, listen }
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

/** No search of the start comes into play: it takes 10 s and more in production. */
const evidence = {
  'a handshake signed by another key': (frontend: Clerk) => ({
    path: `/?__clerk_handshake=${frontend.sign({ handshake: [] })}`,
    headers: { 'sec-fetch-dest': 'document', accept: 'text/html' }
  }),
  'a good signature with a foreign issuer': (_frontend: Clerk, backend: Clerk) => ({
    path: '/',
    headers: backend.bearer()
  })
}
type Clerk = Awaited<ReturnType<typeof createLocalClerk>>

for (const [name, requestOf] of Object.entries(evidence)) {
  t.test(`${name} is a reason to compare the key sets`, async (t) => {
    const { fastify, frontend, backend, logged, send, search, listen } = await createMixed(t, 'production')
    await listen()
    await wait(50)
    t.equal(fastify.clerk.health().instanceMismatch, null, 'before the request')
    const { path, headers } = requestOf(frontend, backend)
    await send(path, headers)
    t.match(await search(), { options: ['publishableKey', 'secretKey'] })
    t.match(logged, [TEXT])
  })
}

t.test('jwtKey beside a secret key is compared too: forged tokens only start the comparison', async (t) => {
  const ofAnother = await createMixed(t, 'production', ({ jwtKey }) => ({ jwtKey }))
  t.equal((await ofAnother.ask()).headers['x-clerk-auth-reason'], 'token-invalid-signature')
  t.match(await ofAnother.search(), { options: ['publishableKey', 'jwtKey'] })
  t.match(ofAnother.logged, [/^Clerk: publishableKey \(.+ and jwtKey \(CLERK_JWT_KEY\) belong to different/])

  let nowMs = Date.now()
  const forger = await createLocalClerk({ frontendApi: 'clerk.example.com', instanceType: 'production' })
  const clerk = await createLocalClerk({ frontendApi: 'clerk.example.com', instanceType: 'production' })
  t.teardown(() => Promise.all([forger.close(), clerk.close()]))
  const fastify = Fastify()
  t.teardown(() => fastify.close())
  await fastify.register(clerkAuth, clerk.pluginOptions({ jwtKey: clerk.jwtKey, now: () => nowMs }))
  for (let i = 0; i < 60; i++) {
    nowMs += 60_000
    await fastify.inject({ url: '/', headers: forger.bearer({ issuedAtMs: nowMs }) })
    await wait(1)
  }
  t.equal(fastify.clerk.health().instanceMismatch, null, 'an hour of forged tokens and no good one')
})

t.test(
  'production: log, event and error tell the operator, and the client gets the same bytes as before',
  async (t) => {
    const { lines, frontend, send, search, listen, fastify } = await createMixed(t, 'production')
    const events: RefusalEvent[] = []
    const listener = (event: unknown) => void events.push(event as RefusalEvent)
    diagnosticsChannel.subscribe('fastify-clerk-auth:refusal', listener)
    t.teardown(() => diagnosticsChannel.unsubscribe('fastify-clerk-auth:refusal', listener))
    await listen()
    const before = await send('/', frontend.bearer())
    t.match(await search(), { options: ['publishableKey', 'secretKey'] })
    t.notMatch(lines.join(''), TEXT)
    const after = await send('/', frontend.bearer())
    t.equal(after.status, 401)
    t.strictSame(after, before)
    t.notMatch(JSON.stringify(after), /secretKey|CLERK_SECRET_KEY/)
    t.match(
      lines.filter((line) => TEXT.test(line)),
      [/FST_CLERK_UNAUTHORIZED/]
    )
    t.match(events, [{ cause: null }, { reason: 'jwk-kid-mismatch', cause: TEXT }])
    t.strictSame((await send('/', {})).status, 401)
    t.equal(events.at(-1)?.cause, null, 'a request without a token has another reason')
    t.equal(fastify.clerk.health().degraded, true)
  }
)
