import Fastify from 'fastify'
import t from 'tap'
import { MACHINE_TOKEN_TYPES, type MachineTokenType } from '../../src/core/token-types.js'
import clerkAuth from '../../src/index.js'
import { createLocalClerk } from '../../src/local/index.js'
import { machineTypes } from '../../src/local/machine-types.js'

const clerk = await createLocalClerk()
t.teardown(() => clerk.close())

const issue: Readonly<Record<MachineTokenType, () => string>> = {
  api_key: () => clerk.machineTokens.createApiKey({ subject: 'user_ada' }),
  m2m_token: () => clerk.machineTokens.createM2MToken({ machineId: 'mch_1' }),
  oauth_token: () => clerk.machineTokens.createOAuthToken({ userId: 'user_ada' })
}

const app = Fastify()
await app.register(clerkAuth, { ...clerk.pluginOptions(), acceptsToken: 'any' })
app.get('/type', (request) => ({ type: request.auth.tokenType, is: request.auth.isAuthenticated }))
t.teardown(() => app.close())

for (const type of MACHINE_TOKEN_TYPES) {
  t.test(
    `an opaque ${type} of the local Clerk is asked about at its endpoint, and is good until revoked`,
    async (t) => {
      const token = issue[type]()
      const other = issue[type]()
      t.match(token, /^(ak|mt|oat)_[A-Za-z0-9+/]{43}=$/, 'with the characters that bearer tokens may have')
      t.ok(clerk.machineTokens.revoke(other))
      const ask = async (bearer: string) =>
        (await app.inject({ url: '/type', headers: { authorization: `Bearer ${bearer}` } })).json()
      t.same(await ask(token), { type, is: true })
      t.same(await ask(other), { type, is: false })
      t.equal(clerk.requests.count(machineTypes[type].endpoint), 2)
    }
  )
}
