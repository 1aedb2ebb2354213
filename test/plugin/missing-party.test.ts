import t from 'tap'
import type { ClerkAuthOptions } from '../../src/core/options/instance-options.js'
import { createLocalClerk } from '../../src/local/index.js'
import { createApp } from '../fixtures/app.js'

const ORIGIN = 'https://app.local.test'

const cases: readonly { name: string; plugin: ClerkAuthOptions; status: number; text: string }[] = [
  { name: 'without authorizedParties', plugin: {}, status: 200, text: 'It is accepted' },
  {
    name: 'with authorizedParties',
    plugin: { authorizedParties: [ORIGIN] },
    status: 401,
    text: 'which authorizedParties refuses'
  },
  {
    name: 'with authorizedParties in reportOnly',
    plugin: { authorizedParties: [ORIGIN], reportOnly: ['authorizedParties'] },
    status: 200,
    text: 'It is accepted'
  }
]

for (const { name, plugin, status, text } of cases) {
  t.test(`session cookies without azp are counted, and warned of once: ${name}`, async (t) => {
    const lines: string[] = []
    const { fastify, clerk } = await createApp(t, {
      server: { logger: { level: 'warn', stream: { write: (line: string) => void lines.push(line) } } },
      plugin,
      routes: (fastify) => {
        fastify.get('/', { onRequest: fastify.requireAuth }, () => 'in')
      }
    })
    const ask = async (headers: { cookie?: string; authorization?: string }) =>
      (await fastify.inject({ url: '/', headers })).statusCode

    for (const userId of ['user_1', 'user_2'])
      t.equal(await ask({ cookie: clerk.cookies({ userId, azp: null }) }), status)
    const warnings = () => lines.filter((line) => line.includes('a session cookie has a token without azp'))
    t.equal(fastify.clerk.stats().cookieTokensWithoutAzp, 2)
    t.equal(warnings().length, 1)
    t.match(warnings()[0], text)
    t.notMatch(lines.join(), 'user_1')

    // An application without an origin sends its tokens in the header, and strangers' are badly signed.
    await ask(clerk.bearer({ userId: 'user_3', azp: null }))
    const other = await createLocalClerk()
    t.teardown(() => other.close())
    await ask({ cookie: clerk.cookies(other.signSessionToken({ azp: null })) })
    await ask({ cookie: clerk.cookies({ userId: 'user_5', azp: ORIGIN }) })
    t.equal(fastify.clerk.stats().cookieTokensWithoutAzp, 2)
    t.equal(warnings().length, 1)
  })
}
