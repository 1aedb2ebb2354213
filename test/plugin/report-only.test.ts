import t from 'tap'
import { createApp } from '../fixtures/app.js'

/** The origin of every token here; the local Clerk would take one from `authorizedParties`. */
const azp = 'https://app.local.test'

const rules = [
  {
    rule: 'issuer',
    plugin: { issuer: 'https://clerk.elsewhere.example' },
    reason: 'token-invalid-issuer',
    counter: 'reportedIssuers'
  },
  {
    rule: 'authorizedParties',
    plugin: { authorizedParties: ['https://elsewhere.example'] },
    reason: 'token-invalid-authorized-parties',
    counter: 'reportedAuthorizedParties'
  }
] as const

for (const { rule, plugin, reason, counter } of rules) {
  t.test(`${rule}: refused, or let in, counted and logged once`, async (t) => {
    const strict = await createApp(t, { plugin })
    const refused = await strict.fastify.inject({ url: '/', headers: strict.clerk.bearer({ azp }) })
    t.equal(refused.headers['x-clerk-auth-reason'], reason)

    const lines: string[] = []
    const { fastify, clerk } = await createApp(t, {
      server: { logger: { level: 'warn', stream: { write: (line: string) => void lines.push(line) } } },
      plugin: { ...plugin, reportOnly: [rule] },
      routes: (fastify) => {
        fastify.get('/', { preHandler: fastify.requireAuth }, () => 'in')
      }
    })
    for (const userId of ['user_1', 'user_2', 'user_3']) {
      t.equal((await fastify.inject({ url: '/', headers: clerk.bearer({ userId, azp }) })).statusCode, 200)
    }
    t.equal(fastify.clerk.stats()[counter], 3)
    t.equal(lines.filter((line) => line.includes('report-only')).length, 1)
    t.notMatch(lines.join(), 'user_1')
  })
}
