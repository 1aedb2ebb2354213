import t from 'tap'
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
