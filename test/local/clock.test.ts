import { mock } from 'node:test'
import t, { type Test } from 'tap'
import { createLocalClerk } from '../../src/local/index.js'
import { createApp } from '../fixtures/app.js'

const HOUR_MS = 3_600_000

t.test('a local Clerk that listens tells the time of its clock', async (t) => {
  const nowMs = Date.UTC(2031, 4, 5, 6, 7, 8)
  const clerk = await createLocalClerk({ now: () => nowMs })
  t.teardown(() => clerk.close())
  const origin = await clerk.listen()
  for (const path of ['/.well-known/jwks.json', '/nothing-here']) {
    const response = await fetch(new URL(path, origin))
    await response.arrayBuffer()
    t.equal(response.headers.get('date'), 'Mon, 05 May 2031 06:07:08 GMT', path)
  }
})

const REFUSED: Readonly<Record<string, readonly [clock: () => unknown, message: RegExp]>> = {
  seconds: [() => Date.now() / 1000, /now\(\) must be milliseconds, not seconds/],
  'seconds of a fixed day': [() => Date.UTC(2020, 0) / 1000, /must be milliseconds/],
  microseconds: [() => Date.now() * 1000, /must be a number from/],
  'no number': [() => Number.NaN, /must be a number from/],
  'a Date': [() => new Date(), /must be a number, not an object/],
  nanoseconds: [() => process.hrtime.bigint(), /must be a number, not a bigint/],
  nothing: [() => undefined, /now\(\) must be a number, not null/]
}

for (const [what, [clock, message]] of Object.entries(REFUSED)) {
  t.test(`a clock that tells ${what} is refused at the start`, async (t) => {
    const now = clock as () => number
    const code = /^FST_CLERK_OPTION_/
    await t.rejects(createLocalClerk({ now }), { code, message })
    const clerk = await createLocalClerk()
    await t.rejects(createApp(t, { plugin: { ...clerk.pluginOptions(), now } }), { code, message })
  })
}

/** A user is signed in by token and by cookies, until they are over. */
async function useClock(t: Test, now: (() => number) | undefined, advance: (ms: number) => void) {
  const { clerk, fastify } = await createApp(t, {
    local: { users: [{ id: 'user_ada' }], ...(now && { now }) },
    routes(fastify) {
      fastify.get('/me', { onRequest: fastify.requireAuth }, ({ auth }) => auth.userId)
    }
  })
  const statusOf = async (headers: Record<string, string>) => (await fastify.inject({ url: '/me', headers })).statusCode
  const { id } = clerk.openSession('user_ada')
  const headers = clerk.bearer(clerk.sessionToken(id))
  const cookie = clerk.cookies()
  t.equal(await statusOf(headers), 200)
  t.equal(await statusOf({ cookie }), 200)
  t.equal(await statusOf(clerk.bearer({ issuedAtMs: (now ?? Date.now)() - HOUR_MS })), 401)
  advance(70_000)
  t.equal(await statusOf(headers), 401)
  t.equal(await statusOf({ cookie }), 401)
  t.equal(await statusOf(clerk.bearer(clerk.sessionToken(id))), 200)
}

for (const [name, startMs] of [
  ['0', 0],
  ['the first day of 1970', 86_400_000],
  ['1971', Date.UTC(1971, 0)],
  ['2020', Date.UTC(2020, 0)],
  ['2100', Date.UTC(2100, 0)]
] as const) {
  t.test(`a clock that begins at ${name} signs users in and out`, async (t) => {
    let nowMs: number = startMs
    await useClock(
      t,
      () => nowMs,
      (ms) => {
        nowMs += ms
      }
    )
  })

  t.test(`so does a Date that is faked to begin at ${name}`, async (t) => {
    mock.timers.enable({ apis: ['Date'], now: startMs })
    t.teardown(() => mock.timers.reset())
    await useClock(t, undefined, (ms) => mock.timers.tick(ms))
  })
}

t.test('a sign-in at the first moment of a clock is one', async (t) => {
  const clerk = await createLocalClerk({ now: () => 0, users: [{ id: 'user_ada' }] })
  const redirectTo = encodeURIComponent('http://127.0.0.1:3000/')
  const response = await clerk.fetch(`${clerk.signInUrl}?redirect_url=${redirectTo}`, {
    method: 'POST',
    body: new URLSearchParams({ user_id: 'user_ada' }),
    redirect: 'manual'
  })
  const back = new URL(response.headers.get('location')!)
  const handshake = new URL(`https://${clerk.frontendApi}/v1/client/handshake`)
  handshake.searchParams.set('redirect_url', 'http://127.0.0.1:3000/')
  handshake.searchParams.set('__clerk_db_jwt', back.searchParams.get('__clerk_db_jwt')!)
  const answer = new URL((await clerk.fetch(handshake, { redirect: 'manual' })).headers.get('location')!)
  const token = answer.searchParams.get('__clerk_handshake')!
  const { handshake: lines } = JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString())
  t.match(lines, [/^__client_uat=1;/])
})
