import { execFile } from 'node:child_process'
import { mock } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'
import { createHangingClerk } from '../fixtures/hanging-clerk.js'

const FOREVER = Number.POSITIVE_INFINITY
const STILL_MS = 1_800_000_000_000
const API_TIMEOUT_MS = 5_000

/** By endpoint, what a request gets that waits for it in vain. A page load whose session cannot be refreshed is sent on. */
const ANSWERS: Readonly<Record<string, number>> = {
  'api-key': 503,
  'm2m-token': 503,
  'oauth-token': 503,
  'session-token': 502,
  refresh: 307,
  'handshake-payload': 503
}

t.test('without a socket, the process lives until each request that waits in vain has its answer', async (t) => {
  const program = fileURLToPath(new URL('../fixtures/hanging-process.js', import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, [program])
  t.same(
    Object.fromEntries(
      stdout
        .trim()
        .split('\n')
        .map((line) => line.split(' '))
    ),
    { ...Object.fromEntries(Object.entries(ANSWERS).map(([on, status]) => [on, String(status)])), jwks: '503' }
  )
})

t.test('a clock that stands still holds up no answer', async (t) => {
  const { clerk, asks, close } = await createHangingClerk({ now: () => STILL_MS }, { apiTimeoutInMs: 100 })
  t.teardown(close)
  for (const [on, ask] of asks) {
    clerk.faults.next({ kind: 'hang', on, times: FOREVER })
    t.equal((await ask()).statusCode, ANSWERS[on], on)
  }
})

t.test('a Date that a test fakes holds up no answer', async (t) => {
  const { clerk, asks, close } = await createHangingClerk({}, { apiTimeoutInMs: 100 })
  t.teardown(close)
  mock.timers.enable({ apis: ['Date'], now: Date.now() })
  t.teardown(() => mock.timers.reset())
  for (const [on, ask] of asks) {
    clerk.faults.next({ kind: 'hang', on, times: FOREVER })
    t.equal((await ask()).statusCode, ANSWERS[on], on)
  }
})

t.test('timers that a test fakes end the waits', async (t) => {
  const { clerk, asks, close } = await createHangingClerk({}, { apiTimeoutInMs: API_TIMEOUT_MS })
  t.teardown(close)
  for (const [on, ask] of asks) {
    clerk.faults.next({ kind: 'hang', on, times: FOREVER })
    clerk.requests.clear()
    mock.timers.enable({ apis: ['Date', 'setTimeout', 'setInterval'], now: Date.now() })
    const answer = ask()
    while (clerk.requests.count() === 0) await new Promise(setImmediate)
    mock.timers.tick(API_TIMEOUT_MS)
    t.equal((await answer).statusCode, ANSWERS[on], on)
    mock.timers.reset()
  }
})

t.test('a Date that is faked once the server is built is the time of tokens and of their verification', async (t) => {
  const { clerk, app, close } = await createHangingClerk()
  t.teardown(close)
  const statusOf = async (token: string) => (await app.inject({ url: '/', headers: clerk.bearer(token) })).statusCode
  const before = clerk.signSessionToken()
  t.equal(await statusOf(before), 200)
  mock.timers.enable({ apis: ['Date'], now: Date.now() + 3_600_000 })
  t.teardown(() => mock.timers.reset())
  t.equal(await statusOf(before), 401, 'expired')
  t.equal(await statusOf(clerk.signSessionToken()), 200)
})
