import t from 'tap'
import { createApp } from '../fixtures/app.js'

// Tests of applications stop the clock, by the option `now` or by faking `Date`. Waits are measured by timers all the same.

t.test('with a clock that stands still, a forged token and a rotated key get their answers', async (t) => {
  const { clerk, fastify } = await createApp(t, {
    local: { now: () => 1_800_000_000_000 },
    routes(fastify) {
      fastify.get('/me', { onRequest: fastify.requireAuth }, ({ auth }) => auth.userId)
    }
  })
  const statusOf = async (headers: { authorization: string }) =>
    (await fastify.inject({ url: '/me', headers })).statusCode
  t.equal(await statusOf(clerk.bearer({})), 200)

  const [header, payload = '', signature] = clerk.signSessionToken({}).split('.')
  const claims = { ...JSON.parse(Buffer.from(payload, 'base64url').toString()), sub: 'user_evil' }
  const forged = `${header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${signature}`
  t.equal(await statusOf({ authorization: `Bearer ${forged}` }), 401)

  await clerk.rotateKeys()
  t.equal(await statusOf(clerk.bearer({})), 200)
})
