import { randomBytes } from 'node:crypto'
import t, { type Test } from 'tap'
import type { RevocationTarget } from '../../src/index.js'
import { createLocalClerk } from '../../src/local/index.js'
import { createRedisServer, redisProgram } from '../fixtures/redis-server.js'
import { type ServerProcess, startServerProcess } from '../fixtures/server-processes.js'

// What ends at Clerk ends in every process: one is told, by a webhook or by the application, and another one refuses,
// which has accepted the same tokens just before.

const skip = redisProgram === null ? 'no redis-server or valkey-server is installed' : false

t.test(
  'a deleted or banned user, a left organization, a revoked key, a removed OAuth application',
  { skip, timeout: 60_000 },
  async (t) => {
    // Of a production instance: development has a small budget for tokens that were never good.
    const clerk = await createLocalClerk({ instanceType: 'production' })
    await clerk.listen()
    const { apiUrl } = clerk.pluginOptions()
    const redis = await createRedisServer()
    await redis.start()
    const webhookSecret = `whsec_${randomBytes(24).toString('base64')}`
    const env = {
      CLERK_TEST_REDIS_PORT: String(redis.port),
      CLERK_PUBLISHABLE_KEY: clerk.publishableKey,
      CLERK_SECRET_KEY: clerk.secretKey,
      CLERK_JWT_KEY: clerk.jwtKey,
      CLERK_API_URL: String(apiUrl),
      CLERK_WEBHOOK_SIGNING_SECRET: webhookSecret
    }
    const [told, other] = await Promise.all([1, 2].map(() => startServerProcess('revocation-server.js', env)))
    t.teardown(async () => {
      await Promise.all([told?.close(), other?.close()])
      await redis.kill()
      await clerk.close()
    })
    if (told === undefined || other === undefined) throw new Error('two processes were started')
    let people = 0

    /** Tokens of every sort of a user and an organization of their own. */
    function newcomer() {
      const n = people++
      const ids = { userId: `user_${n}`, sessionId: `sess_${n}`, organizationId: `org_${n}`, clientId: `client_${n}` }
      const { userId, sessionId, organizationId, clientId } = ids
      const { machineTokens } = clerk
      return {
        ids,
        tokens: {
          session: clerk.signSessionToken({ userId, sessionId }),
          inOrganization: clerk.signSessionToken({
            userId,
            sessionId,
            org: { id: organizationId, role: 'org:member' }
          }),
          keyOfUser: machineTokens.createApiKey({ subject: userId }),
          keyOfOrganization: machineTokens.createApiKey({ subject: organizationId }),
          opaqueAccess: machineTokens.createOAuthToken({ userId, clientId }),
          jwtAccess: machineTokens.createOAuthToken({ userId, clientId, format: 'jwt' }),
          opaqueMachine: machineTokens.createM2MToken(),
          jwtMachine: machineTokens.createM2MToken({ format: 'jwt' })
        }
      }
    }

    type Newcomer = ReturnType<typeof newcomer>
    type Sort = keyof Newcomer['tokens']

    const ask = (server: ServerProcess, token: string) => server.get('/any', { authorization: `Bearer ${token}` })

    async function idOf(token: string): Promise<string> {
      return JSON.parse((await ask(told as ServerProcess, token)).body).id
    }

    async function webhook(event: object): Promise<void> {
      const { headers, body } = clerk.signWebhook(event as never, { secret: webhookSecret })
      t.equal((await told?.post('/webhooks/clerk', headers, body))?.status, 204)
    }

    async function revoke(target: RevocationTarget): Promise<void> {
      const answer = await told?.post('/revoke', { 'content-type': 'application/json' }, JSON.stringify(target))
      t.match(answer, { status: 200, body: 'true' })
    }

    /** Whatever `end` ends is refused in the other process, where all tokens were in memory, and nothing else is. */
    async function check(
      t: Test,
      ended: readonly Sort[],
      end: (one: Newcomer) => Promise<void>,
      endsOthers = false
    ): Promise<void> {
      const one = newcomer()
      const bystander = newcomer()
      const sorts = Object.keys(one.tokens) as Sort[]
      for (let i = 0; i < 2; i++) {
        for (const sort of sorts) t.equal((await ask(other as ServerProcess, one.tokens[sort])).status, 200, sort)
      }
      await end(one)
      for (const sort of ended) while ((await ask(other as ServerProcess, one.tokens[sort])).status === 200);
      for (const server of [told, other] as ServerProcess[]) {
        for (const sort of sorts) {
          const { status, body } = await ask(server, one.tokens[sort])
          t.equal(status, ended.includes(sort) ? 401 : 200, sort)
          // Clerk itself goes on to accept the opaque tokens: it is the revocation that ends them.
          if (status === 401) t.match(body, /(session|token)-revoked/)
          const { status: others } = await ask(server, bystander.tokens[sort])
          t.equal(others, endsOthers ? 401 : 200, `${sort} of somebody else`)
        }
      }
    }

    const ofUser = ['session', 'inOrganization', 'keyOfUser', 'opaqueAccess', 'jwtAccess'] as const

    await t.test('deleted user', (t) =>
      check(t, ofUser, ({ ids }) => webhook({ type: 'user.deleted', data: { id: ids.userId, deleted: true } }))
    )
    await t.test('banned user', (t) =>
      check(t, ofUser, ({ ids }) => webhook({ type: 'user.updated', data: { id: ids.userId, banned: true } }))
    )
    await t.test('left organization', (t) =>
      check(t, ['inOrganization'], ({ ids }) => {
        const data = { organization: { id: ids.organizationId }, public_user_data: { user_id: ids.userId } }
        return webhook({ type: 'organizationMembership.deleted', data: { id: 'orgmem_1', ...data } })
      })
    )
    await t.test('deleted organization', (t) =>
      check(t, ['inOrganization', 'keyOfOrganization'], ({ ids }) =>
        webhook({ type: 'organization.deleted', data: { id: ids.organizationId, deleted: true } })
      )
    )
    for (const sort of [
      'keyOfUser',
      'keyOfOrganization',
      'opaqueAccess',
      'jwtAccess',
      'opaqueMachine',
      'jwtMachine'
    ] as const) {
      await t.test(`revoked token: ${sort}`, (t) =>
        check(t, [sort], async ({ tokens }) => revoke({ tokenId: await idOf(tokens[sort]) }))
      )
    }
    await t.test('removed OAuth application', (t) =>
      check(t, ['opaqueAccess', 'jwtAccess'], ({ ids }) => revoke({ clientId: ids.clientId }))
    )
    await t.test('everyone', (t) =>
      check(t, [...ofUser, 'keyOfOrganization', 'opaqueMachine', 'jwtMachine'], () => revoke({ everyone: true }), true)
    )
  }
)
