import { Writable } from 'node:stream'
import Fastify from 'fastify'
import { Registry } from 'prom-client'
import t, { type Test } from 'tap'
import { type KeyOutageEvent, type KeyRefreshEvent, subscribe } from '../../src/diagnostics/index.js'
import clerkAuth, { type ClerkAuthOptions } from '../../src/index.js'
import { createLocalClerk } from '../../src/local/index.js'
import metrics from '../../src/metrics/index.js'
import { signingKey } from '../fixtures/app.js'
import { freePort } from '../fixtures/ports.js'

/** A server whose keys are to come from `apiUrl`, over real sockets, and everything that it says. */
async function createServer(t: Test, apiUrl: string, options: ClerkAuthOptions = {}) {
  const clerk = await createLocalClerk({ instanceType: 'production', signingKey })
  t.teardown(() => clerk.close())
  const logged: string[] = []
  const stream = new Writable({
    write(chunk, _encoding, done) {
      logged.push(String(chunk))
      done()
    }
  })
  const events: (KeyRefreshEvent | KeyOutageEvent)[] = []
  t.teardown(subscribe('fastify-clerk-auth:jwks:refresh', (event) => events.push(event)))
  t.teardown(subscribe('fastify-clerk-auth:jwks:outage', (event) => events.push(event)))
  const fastify = Fastify({ logger: { level: 'trace', stream } })
  t.teardown(() => fastify.close())
  const { publishableKey, secretKey, jwtKey } = clerk.pluginOptions()
  await fastify.register(clerkAuth, { publishableKey, secretKey, jwtKey, apiUrl, ...options })
  return { clerk, fastify, logged, events }
}

t.test(
  'why keys cannot be fetched is in the log, in health, in events and in a label, and never the host',
  async (t) => {
    const apiUrl = `http://127.0.0.1:${await freePort()}`
    const { clerk, fastify, logged, events } = await createServer(t, apiUrl)
    const registry = new Registry()
    await fastify.register(metrics, { registry })
    fastify.get('/', { onRequest: fastify.requireAuth }, () => 'in')
    const response = await fastify.inject({ url: '/', headers: clerk.bearer() })
    t.equal(response.statusCode, 503)

    const failure = 'refused-ECONNREFUSED'
    t.equal(fastify.clerk.health().keys.lastError, failure)
    const line = logged.find((text) => text.includes('key set cannot be had')) ?? ''
    t.match(JSON.parse(line), {
      level: 50,
      failure,
      msg: /tokens cannot be judged\. Cause: nobody listens at the address .+ Cure: check apiUrl/
    })
    t.match(events, [{ failure }, { failure }])
    const label = /clerk_auth_key_fetch_failure_causes_total\{cause="refused",code="ECONNREFUSED"\} (\d+)/
    t.match(await registry.metrics(), label)

    const told = JSON.stringify([logged, events, fastify.clerk.health(), response.headers, response.body])
    for (const secret of ['127.0.0.1:', String(new URL(apiUrl).port), clerk.secretKey]) t.notMatch(told, secret)
    t.notMatch(JSON.stringify([response.headers, response.body]), /ECONN|refused/, 'and strangers are told no cause')
  }
)

t.test('a boot that waits for keys says why there are none', async (t) => {
  const apiUrl = `http://127.0.0.1:${await freePort()}`
  const { fastify } = await createServer(t, apiUrl, { jwks: { warmUp: 'wait' } })
  const error = await Promise.resolve(fastify.ready()).then(() => null, String)
  t.match(
    error,
    /\(refused-ECONNREFUSED: nobody listens at the address .+\): check apiUrl.+ jwks\.warmUp to "background"/
  )
  t.notMatch(error, '127.0.0.1')
})

t.test('a call of the Backend API that is not answered is logged once, with its cause', async (t) => {
  const apiUrl = `http://127.0.0.1:${await freePort()}`
  const { fastify, logged } = await createServer(t, apiUrl, { acceptsToken: 'api_key', jwks: { warmUp: false } })
  fastify.get('/', { onRequest: fastify.requireAuth }, () => 'in')
  for (const token of ['ak_1', 'ak_2', 'ak_3']) {
    const response = await fastify.inject({ url: '/', headers: { authorization: `Bearer ${token}` } })
    t.equal(response.statusCode, 503)
    t.notMatch(JSON.stringify([response.headers, response.body]), /ECONN/)
  }
  const lines = logged.filter((text) => text.includes('Backend API has not answered'))
  t.equal(lines.length, 1)
  t.match(JSON.parse(lines[0] ?? ''), {
    call: 'machine-token',
    failure: 'refused-ECONNREFUSED',
    msg: /Cure: check apiUrl/
  })
  t.notMatch(lines.join(), /127\.0\.0\.1:|ak_/)
})
