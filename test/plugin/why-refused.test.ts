import t from 'tap'
import type { ClerkAuthOptions } from '../../src/index.js'
import { createApp } from '../fixtures/app.js'

for (const instanceType of ['development', 'production'] as const) {
  t.test(`${instanceType}: a bearer token of somebody else over good cookies`, async (t) => {
    const { clerk, fastify } = await createApp(t, {
      local: { instanceType },
      routes: (fastify) => void fastify.get('/', { onRequest: fastify.requireAuth }, () => 'in')
    })
    const headers = { cookie: clerk.cookies(), authorization: 'Bearer of-a-platform' }
    const message = async (sent: Record<string, string>) =>
      String((await fastify.inject({ url: '/', headers: sent })).headers['x-clerk-auth-message'])
    const hint = /session cookies too.+remove that header/
    if (instanceType === 'development') t.match(await message(headers), hint)
    else t.notMatch(await message(headers), hint)
    t.match(await message(headers), /\(reason=token-invalid, token-carrier=header\)$/)
    t.notMatch(await message({ authorization: headers.authorization }), hint)
  })
}

t.test('a token above the length limit is named as that', async (t) => {
  const { clerk, fastify } = await createApp(t, {
    routes: (fastify) => void fastify.get('/', { onRequest: fastify.requireAuth }, () => 'in')
  })
  const authorization = `Bearer ${clerk.signSessionToken({ claims: { big: 'x'.repeat(8000) } })}`
  const response = await fastify.inject({ url: '/', headers: { authorization } })
  t.equal(response.headers['x-clerk-auth-reason'], 'token-invalid')
  t.match(response.headers['x-clerk-auth-message'], /longer than 8192 characters/)
})

t.test('a rule that refuses many users is told in the log', async (t) => {
  const lines: object[] = []
  const none = () => {}
  const logger = {
    info: none,
    error: none,
    debug: none,
    warn: (fields: object, message: string) => lines.push({ ...fields, message })
  }
  const { clerk, fastify } = await createApp(t, { plugin: { authorizedParties: ['https://app.example.com'], logger } })
  for (let i = 0; i < 60; i++) {
    await fastify.inject({ url: '/', headers: clerk.bearer({ azp: 'https://other.example.com' }) })
  }
  const told = lines.filter((line) => JSON.stringify(line).includes('are refused'))
  t.match(told, [{ option: 'authorizedParties', count: 20, reason: 'token-invalid-authorized-parties' }])
  t.equal(told.length, 1)
  t.notMatch(JSON.stringify(told), 'other.example.com')
})

/** A rule that is set wrong, or a clock, and a token of a user that it refuses. */
const rules = [
  {
    option: 'authorizedParties',
    plugin: { authorizedParties: ['https://app.example.com'] },
    token: { azp: 'https://other.example.com' },
    counted: 20
  },
  { option: 'issuer', plugin: { issuer: 'https://other.example.com' }, token: {}, counted: 20 },
  { option: 'audience', plugin: { audience: ['mine'] }, token: { claims: { aud: 'yours' } }, counted: 20 },
  { option: 'clockSkewInMs', plugin: { now: () => Date.now() - 30_000 }, token: {}, counted: 1 }
] as const

for (const { option, plugin, token, counted } of rules) {
  t.test(`production: a rule that refuses many is told once, with count and option: ${option}`, async (t) => {
    const lines: { option?: string; count?: number }[] = []
    const none = () => {}
    const logger = {
      info: none,
      error: none,
      debug: none,
      warn: (fields: object, message: string) => lines.push({ ...fields, message } as (typeof lines)[number])
    }
    const { clerk, fastify } = await createApp(t, {
      plugin: { ...plugin, logger } as Partial<ClerkAuthOptions>,
      routes: (fastify) => void fastify.get('/', { onRequest: fastify.requireAuth }, () => 'in')
    })
    const origin = await fastify.listen({ port: 0, host: '127.0.0.1' })
    for (let i = 0; i < 60; i++) {
      const { status } = await fetch(origin, { headers: clerk.bearer({ ...token, userId: `user_${i}` }) })
      if (status !== 401) t.fail(`status ${status}`)
    }
    const told = lines.filter((line) => line.option !== undefined)
    t.match(told, [{ option, count: counted }])
    t.equal(told.length, 1)
  })
}
