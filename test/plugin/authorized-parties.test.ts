import t from 'tap'
import { createApp } from '../fixtures/app.js'

t.test('a function decides about azp when a token is verified, through a server', async (t) => {
  const asked: string[] = []
  const { clerk, fastify } = await createApp(t, {
    plugin: {
      authorizedParties(azp) {
        asked.push(azp)
        if (azp === 'https://throws.example.com') throw new Error('no')
        // What a caller without types may write.
        if (azp === 'https://async.example.com') return Promise.resolve(true) as unknown as boolean
        return /^https:\/\/[a-z0-9-]+\.preview\.example\.com$/.test(azp)
      }
    },
    routes(fastify) {
      fastify.get('/me', { onRequest: fastify.requireAuth }, (request) => request.auth.userId)
    }
  })
  const origin = await fastify.listen({ port: 0, host: '127.0.0.1' })
  const ask = (headers: Record<string, string>) => fetch(`${origin}/me`, { headers })

  const good = { azp: 'https://pr-1.preview.example.com', userId: 'user_ada' }
  const headers = clerk.bearer(good)
  for (const _ of [1, 2, 3]) t.equal(await (await ask(headers)).text(), 'user_ada')
  t.strictSame(asked, [good.azp], 'a token that is known is not asked about')
  t.equal((await ask({ cookie: clerk.cookies(good) })).status, 200)

  for (const azp of ['https://evil.example.com', 'https://throws.example.com', 'https://async.example.com', null]) {
    const response = await ask(clerk.bearer({ azp }))
    t.equal(response.status, 401, String(azp))
    t.equal(response.headers.get('x-clerk-auth-reason'), 'token-invalid-authorized-parties')
  }
})
