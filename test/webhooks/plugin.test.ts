import Fastify, { type FastifyInstance } from 'fastify'
import t from 'tap'
import clerkAuth, { requireAuth } from '../../src/index.js'
import { createLocalClerk } from '../../src/local/index.js'
import { type RevokeOnEventType, revocationOf } from '../../src/webhooks/event-revocation.js'
import type { WebhookEvent } from '../../src/webhooks/events.js'
import webhooks, { verifyWebhook, type WebhooksOptions } from '../../src/webhooks/index.js'
import { OLD_SECRET, SECRET, sessionEnded, setUp, sign } from './signed-delivery.js'

t.test('events that end something become revocations', async (t) => {
  const { fastify, revoked } = await setUp(t)
  const timestamp = Date.now() - 90_000
  const membership = { organization: { id: 'org_1' }, public_user_data: { user_id: 'user_1' } }
  const events = [
    { type: 'session.revoked', data: { id: 'sess_1' } },
    { type: 'session.ended', data: { id: 'sess_2' } },
    { type: 'session.removed', data: { id: 'sess_3' } },
    { type: 'user.deleted', data: { id: 'user_1', deleted: true } },
    { type: 'user.updated', data: { id: 'user_2', banned: true }, timestamp },
    { type: 'user.updated', data: { id: 'user_3', locked: true }, timestamp },
    { type: 'user.updated', data: { id: 'user_4', locked: true, banned: true }, timestamp },
    { type: 'organization.deleted', data: { id: 'org_2', deleted: true }, timestamp },
    { type: 'organizationMembership.deleted', data: membership, timestamp },
    { type: 'organizationMembership.updated', data: membership, timestamp }
  ]
  for (const event of events) t.equal((await fastify.inject(sign(event))).statusCode, 204, event.type)
  t.strictSame(revoked, [
    [{ sessionId: 'sess_1' }, undefined],
    [{ sessionId: 'sess_2' }, undefined],
    [{ sessionId: 'sess_3' }, undefined],
    [{ userId: 'user_1' }, undefined],
    [{ userId: 'user_2' }, timestamp],
    [{ userId: 'user_3', only: 'sessions' }, timestamp],
    [{ userId: 'user_4' }, timestamp],
    [{ organizationId: 'org_2' }, undefined],
    [{ organizationId: 'org_1', userId: 'user_1' }, timestamp],
    [{ organizationId: 'org_1', userId: 'user_1' }, timestamp]
  ])
})

t.test('other events, and events without the ids they should have, revoke nothing and are accepted', async (t) => {
  const { fastify, revoked } = await setUp(t)
  const events = [
    { type: 'user.updated', data: { id: 'user_1', banned: false, locked: false } },
    { type: 'user.updated', data: { id: 'user_1', banned: 'true' } },
    { type: 'user.created', data: { id: 'user_1' } },
    { type: 'session.created', data: { id: 'sess_1' } },
    { type: 'session.ended', data: {} },
    { type: 'session.ended', data: { id: 7 } },
    { type: 'organizationMembership.deleted', data: { organization: null, public_user_data: { user_id: 'user_1' } } },
    { type: 'organizationMembership.deleted', data: { organization: { id: 'org_1' } } },
    { type: '__proto__', data: {} },
    { type: 'something.new', data: {} }
  ]
  for (const event of events) t.equal((await fastify.inject(sign(event))).statusCode, 204, event.type)
  t.strictSame(revoked, [])
})

t.test('events of revokeOn become revocations only where they are named', async (t) => {
  const timestamp = Date.now() - 90_000
  const ofUser = { payer: { id: 'cpayer_1', user_id: 'user_1' } }
  const ofOrganization = { payer: { id: 'cpayer_2', user_id: 'user_1', organization_id: 'org_1' } }
  const events: readonly (readonly [RevokeOnEventType, object, object])[] = [
    ['role.updated', { id: 'role_1', key: 'org:admin' }, { everyone: true, only: 'sessions' }],
    ['role.deleted', { id: 'role_1' }, { everyone: true, only: 'sessions' }],
    ['permission.updated', { id: 'perm_1' }, { everyone: true, only: 'sessions' }],
    ['permission.deleted', { id: 'perm_1' }, { everyone: true, only: 'sessions' }],
    ['subscription.updated', ofUser, { userId: 'user_1', only: 'sessions' }],
    ['subscription.pastDue', ofOrganization, { organizationId: 'org_1', only: 'sessions' }],
    ['subscriptionItem.ended', ofUser, { userId: 'user_1', only: 'sessions' }],
    ['subscriptionItem.pastDue', ofOrganization, { organizationId: 'org_1', only: 'sessions' }]
  ]
  const all = await setUp(t, { revokeOn: events.map(([type]) => type) })
  const none = await setUp(t)
  for (const [type, data, target] of events) {
    const one = await setUp(t, { revokeOn: [type] })
    for (const { fastify } of [all, none, one]) await fastify.inject(sign({ type, data, timestamp }))
    t.strictSame(one.revoked, [[target, timestamp]], type)
    t.strictSame(all.revoked.at(-1), [target, timestamp], type)
  }
  t.equal(all.revoked.length, events.length)
  t.strictSame(none.revoked, [])
  for (const data of [{}, { payer: null }, { payer: { id: 'cpayer_1' } }]) {
    await all.fastify.inject(sign({ type: 'subscriptionItem.ended', data }))
  }
  t.equal(all.revoked.length, events.length, 'a payer without a name ends nothing')
})

t.test('revokeOn takes the events that it is for, and no other', async (t) => {
  for (const revokeOn of ['role.updated', ['session.revoked'], ['user.created'], ['*'], [undefined], [7]]) {
    const fastify = Fastify()
    const register = async () => fastify.register(webhooks, { signingSecret: SECRET, revokeOn: revokeOn as never })
    await t.rejects(register(), { code: /^FST_CLERK_OPTION_/, message: /revokeOn/ }, JSON.stringify(revokeOn))
    await fastify.close()
  }
})

t.test('the time of the event counts when it is plausible, else now', async (t) => {
  const nowMs = 1_700_000_000_000
  const at = (timestamp: unknown) =>
    revocationOf({ type: 'user.updated', data: { id: 'u', banned: true }, timestamp } as unknown as WebhookEvent, nowMs)
  t.strictSame(at(nowMs - 1), { target: { userId: 'u' }, atMs: nowMs - 1 })
  for (const timestamp of [undefined, null, '1', Number.NaN, 0, nowMs / 1000, nowMs * 2]) {
    t.strictSame(at(timestamp), { target: { userId: 'u' }, atMs: undefined }, String(timestamp))
  }
})

t.test('the clock of this process is behind: what ends for good has ended when Clerk sent the delivery', async (t) => {
  const { fastify, revoked } = await setUp(t)
  const seconds = Math.floor(Date.now() / 1000) + 60
  const sent = sign({ type: 'session.revoked', data: { id: 'sess_1' } }, { seconds })
  t.equal((await fastify.inject(sent)).statusCode, 204)
  t.strictSame(revoked, [[{ sessionId: 'sess_1' }, seconds * 1000]])
})

t.test('a missing or malformed secret, or no plugin to revoke by, stops the boot', async (t) => {
  const boot = async (options: WebhooksOptions) => void (await Fastify().register(webhooks, options).ready())
  await t.rejects(boot({ revoke: false }), { code: 'FST_CLERK_WEBHOOK_SECRET_MISSING' })
  await t.rejects(boot({ revoke: false, signingSecret: [] }), { code: 'FST_CLERK_WEBHOOK_SECRET_MISSING' })
  for (const signingSecret of ['whsec_', 'not base64 at all', 'sk_test_x', 'whsec_####################']) {
    await t.rejects(boot({ revoke: false, signingSecret }), { code: /^FST_CLERK_WEBHOOK_SECRET_/ }, signingSecret)
  }
  await t.rejects(boot({ signingSecret: SECRET }), { code: 'FST_CLERK_WEBHOOK_PLUGIN' })
})

t.test('in a scope with a guard, which would refuse each delivery, the server does not start', async (t) => {
  const clerk = await createLocalClerk()
  for (const isCovered of [true, false]) {
    for (const isHookFirst of [true, false]) {
      const app = Fastify()
      t.teardown(() => app.close())
      if (isCovered) await app.register(clerkAuth, clerk.pluginOptions())
      app.register(async (scope) => {
        if (isHookFirst) scope.addHook('preHandler', requireAuth)
        scope.register(webhooks, { signingSecret: SECRET, revoke: false })
        if (!isHookFirst) scope.addHook('preHandler', requireAuth)
      })
      await t.rejects(async () => app.ready(), { code: 'FST_CLERK_ROUTE_POLICY' }, `covered: ${isCovered}`)
    }
  }
})

t.test('a plugin with a resolver has no instance to revoke at, which stops the boot unless it is said', async (t) => {
  const clerk = await createLocalClerk({ instanceType: 'production' })
  t.teardown(() => clerk.close())
  const boot = async (revoke: WebhooksOptions['revoke']) => {
    const fastify = Fastify()
    t.teardown(() => fastify.close())
    const options = clerk.pluginOptions()
    await fastify.register(clerkAuth, { resolver: () => options })
    fastify.get('/', ({ auth }) => ({ isAuthenticated: auth.isAuthenticated }))
    await fastify.register(webhooks, { signingSecret: SECRET, revoke })
    return fastify
  }
  await t.rejects(boot(undefined), { code: 'FST_CLERK_WEBHOOK_PLUGIN' })
  t.equal((await (await boot(false)).inject(sign(sessionEnded))).statusCode, 204)

  const fastify: FastifyInstance = await boot((target, at) =>
    fastify.clerk
      .instances()
      .find(({ settings }) => settings.frontendApi === clerk.frontendApi)
      ?.revocations.revoke(target, at)
  )
  const headers = clerk.bearer({ sessionId: sessionEnded.data.id })
  const ask = async () => (await fastify.inject({ url: '/', headers })).json().isAuthenticated
  t.equal(await ask(), true)
  t.equal((await fastify.inject(sign(sessionEnded))).statusCode, 204)
  t.equal(await ask(), false)
})

t.test('verifyWebhook alone gives the event of a request, on a route of the application', async (t) => {
  const fastify: FastifyInstance = Fastify()
  t.teardown(() => fastify.close())
  fastify.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  fastify.post('/webhooks/clerk', async (request) => ({
    type: (await verifyWebhook(request, { signingSecret: SECRET })).type
  }))
  t.strictSame((await fastify.inject(sign(sessionEnded))).json(), { type: 'session.ended' })
  t.equal((await fastify.inject(sign(sessionEnded, { secret: OLD_SECRET }))).statusCode, 401)
})

t.test('verifyWebhook says what a route lacks', async (t) => {
  const { headers, payload } = sign(sessionEnded)
  const options = { signingSecret: SECRET }
  const parsed = { headers, body: JSON.parse(payload) }
  await t.rejects(verifyWebhook(parsed, options), { code: 'FST_CLERK_WEBHOOK_BODY' })
  await t.rejects(verifyWebhook(parsed), { code: 'FST_CLERK_WEBHOOK_SECRET_MISSING' })
  t.equal((await verifyWebhook(parsed, { ...options, rawBody: payload })).type, 'session.ended')
  t.equal((await verifyWebhook({ ...parsed, rawBody: Buffer.from(payload) } as never, options)).type, 'session.ended')
  await t.rejects(verifyWebhook({ headers, body: undefined }, options), { code: 'FST_CLERK_WEBHOOK_SIGNATURE' })
})

t.test('handlers for types that nobody knows are warned of, and called if such an event comes', async (t) => {
  const lines: unknown[] = []
  const stream = { write: (line: string) => void lines.push(JSON.parse(line)) }
  const warnings: Error[] = []
  const listen = (warning: Error) => void warnings.push(warning)
  process.on('warning', listen)
  t.teardown(() => process.off('warning', listen))
  const called: string[] = []
  const note = ({ type }: { readonly type: string }) => void called.push(type)
  async function serve(on: object) {
    const fastify = Fastify({ logger: { level: 'warn', stream } })
    t.teardown(() => fastify.close())
    await fastify.register(webhooks, { signingSecret: SECRET, revoke: false, on })
    return fastify
  }
  await serve({ '*': note, 'user.deleted': note, 'invitation.created': note, 'user.archived': undefined })
  t.same(lines, [])
  const fastify = await serve({ 'user.delete': note, 'user.archived': note, 'user.deleted': note })
  const detail = 'Types: user.delete (did you mean user.deleted?), user.archived'
  t.match(lines, [{ level: 40, code: 'FST_CLERK_OPTION_RISK', option: 'webhooks.on', detail }])
  await new Promise((resolve) => setImmediate(resolve))
  t.match(warnings, [
    { name: 'ClerkAuthWarning', code: 'FST_CLERK_OPTION_RISK', detail, message: /Check the spelling/ }
  ])
  t.equal((await fastify.inject(sign({ type: 'user.archived', data: { id: 'user_1' } }))).statusCode, 204)
  t.same(called, ['user.archived'])
})
