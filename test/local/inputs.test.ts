import Fastify from 'fastify'
import t from 'tap'
import clerkAuth from '../../src/index.js'
import { createLocalClerk } from '../../src/local/index.js'

// A slip in an argument must not pass for what a test is about: a token of somebody else, a fault that never happens.

const clerk = await createLocalClerk({
  users: [{ id: 'user_ada', memberships: [{ orgId: 'org_1', role: 'admin' }] }],
  organizations: [{ id: 'org_1', slug: 'acme' }]
})
t.teardown(() => clerk.close())

type Loose = (...args: unknown[]) => unknown
const call = (name: string): Loose => {
  const [first, second] = name.split('.') as ['machineTokens', 'createApiKey']
  const owner: unknown = second === undefined ? clerk : clerk[first]
  return (...args) => (owner as Record<string, Loose>)[second ?? first]!(...args)
}

const seconds = Math.floor(Date.now() / 1000)

const REFUSED: readonly (readonly [method: string, args: readonly unknown[], message: RegExp])[] = [
  ['bearer', [{ userID: 'x' }], /Unknown option SessionTokenInput\.userID: did you mean userId/],
  ['cookies', [{ orgId: 'org_1' }], /Unknown option SessionTokenInput\.orgId/],
  ['signSessionToken', [{ userId: 5 }], /SessionTokenInput\.userId must be a string, not a number/],
  ['bearer', [5], /must be an object, not a number/],
  ...['user_ada', '', 'a.b', 'Bearer a.b.c', 'a.b.c.d', 'sess_1', clerk.cookies(clerk.signSessionToken())].flatMap(
    (text) => ['bearer', 'cookies'].map((name) => [name, [text], /^token must be a JWT or an opaque/] as const)
  ),
  ['bearer', [null], /must be an object, not null/],
  ['bearer', [{ org: 'org_1' }], /SessionTokenInput\.org must be an object/],
  ['bearer', [{ org: { role: 'admin' } }], /SessionTokenInput\.org\.id must be/],
  ['bearer', [{ org: { id: 'org_1', permissions: ['read'] } }], /permissions\[0\] must be org:<feature>:<permission>/],
  ['bearer', [{ features: 'beta' }], /features must be a list of strings/],
  ['bearer', [{ plans: ['u:pro'] }], /plans\[0\] must be a name without scope/],
  ['bearer', [{ expiresInSeconds: '60' }], /expiresInSeconds must be a number/],
  ['bearer', [{ expiresInSeconds: Date.now() }], /expiresInSeconds must be a number from/],
  ['bearer', [{ expiresInMs: -1000 }], /Unknown option SessionTokenInput\.expiresInMs/],
  ['bearer', [{ issuedAtMs: seconds }], /issuedAtMs must be milliseconds/],
  ['bearer', [{ issuedAtMs: new Date() }], /issuedAtMs must be a number, not an object/],
  ['bearer', [{ status: 'pendng' }], /status must be "active" or "pending"/],
  ['bearer', [{ version: 3 }], /version must be a whole number from 1 to 2/],
  ['bearer', [{ factorVerificationAge: 5 }], /factorVerificationAge must be two numbers/],
  ['bearer', [{ actor: 'user_admin' }], /actor must be an object/],
  ['cookies', [{}, { clientUAT: 0 }], /Unknown option CookieOptions\.clientUAT: did you mean clientUat/],
  ['cookies', [{}, { clientUat: true }], /clientUat must be a number, a string or null/],
  ['openSession', [undefined], /openSession\.userId must be a string, not undefined/],
  ['sessionToken', [clerk.openSession('user_ada').id, { userid: 'x' }], /did you mean userId/],
  ['revokeSession', [clerk.openSession('user_ada')], /revokeSession\.sessionId must be a string, not an object/],
  ['withdrawKey', [clerk.jwks().keys[0]], /withdrawKey\.kid must be a string, not an object/],
  ['machineTokens.revoke', [clerk.bearer()], /revoke\.token must be a string, not an object/],
  ['rotateKeys', [{ keepold: false }], /Unknown option rotateKeys\.keepold: did you mean keepOld/],
  ['signWebhook', [{ data: {} }], /WebhookEvent\.type must be a string, not undefined/],
  ['signWebhook', [undefined], /WebhookEvent\.type must be/],
  ['signWebhook', ['raw', { atMs: seconds }], /WebhookInput\.atMs must be milliseconds/],
  ['machineTokens.createApiKey', [{ userId: 'user_ada' }], /Unknown option ApiKeyInput\.userId/],
  ['machineTokens.createApiKey', [], /ApiKeyInput\.subject must be a string, not undefined/],
  ['machineTokens.createApiKey', [{ subject: 'user_ada', scopes: 'read' }], /scopes must be a list/],
  ['machineTokens.createM2MToken', [{ machineID: 'mch_1' }], /did you mean machineId/],
  ['machineTokens.createM2MToken', [{ format: 'JWT' }], /format must be "opaque" or "jwt"/],
  ['machineTokens.createOAuthToken', [{ format: 'jwt' }], /OAuthTokenInput\.userId must be/],
  ['machineTokens.createOAuthToken', [{ userId: 'user_ada', scope: 'a' }], /did you mean scopes/],
  ['faults.next', [{ kind: 'reset', on: 'jwk' }], /Fault\.on must be .*"jwks"/],
  ['faults.next', [{ kind: 'rest' }], /Fault\.kind must be .*"reset"/],
  ['faults.next', ['reset'], /Fault\.kind must be/],
  ['faults.next', [{ kind: 'reset', times: 0 }], /Fault\.times must be a number from 1/],
  ['faults.next', [{ kind: 'reset', times: Number.NaN }], /Fault\.times must be/],
  ['faults.next', [{ kind: 'delay' }], /Fault\.delayInMs must be milliseconds/],
  ['faults.next', [{ kind: 'status', status: 99 }], /Fault\.status must be a whole number from 200/],
  ['faults.next', [{ kind: 'hang', status: 500 }], /Unknown option Fault\.status/],
  ['faults.hold', ['jwk'], /hold\.on must be/],
  ['requests.count', ['jwk'], /count\.endpoint must be/]
]

for (const [name, args, message] of REFUSED) {
  t.test(`${name}(${JSON.stringify(args).slice(1, -1)}) says what is wrong`, async (t) => {
    const code = /^FST_CLERK_OPTION_/
    await t.rejects(async () => call(name)(...args), { code, message })
  })
}

t.test('a member that is undefined is one that is not given', async (t) => {
  const { id } = clerk.openSession('user_ada')
  const claims = (token: string) => JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString())
  t.match(claims(clerk.sessionToken(id, { userId: undefined, org: undefined })), {
    sub: 'user_ada',
    o: { id: 'org_1' }
  })
  t.equal(claims(clerk.signSessionToken({ userId: undefined })).sub, 'user_local')
})

t.test('an organization that is not known is no place for a member', async (t) => {
  const organizations = [{ id: 'org_1', slug: 'acme' }]
  const refused = (user: object) => createLocalClerk({ users: [{ id: 'user_a', ...user }], organizations })
  for (const orgId of ['org_2', 'acme']) {
    await t.rejects(refused({ memberships: [{ orgId, role: 'admin' }] }), {
      code: 'FST_CLERK_OPTION_VALUE',
      message: /users\[0\]\.memberships\[0\]\.orgId must be the id of one of the organizations/
    })
  }
  await t.rejects(refused({ activeOrgId: 'org_1' }), { message: /users\[0\]\.activeOrgId must be/ })
})

t.test('of two with one name neither counts', async (t) => {
  const organizations = [{ id: 'org_1', slug: 'acme' }]
  const member = { orgId: 'org_1', role: 'admin' }
  const twice: readonly (readonly [options: object, path: string])[] = [
    [{ users: [{ id: 'user_a' }, { id: 'user_b' }, { id: 'user_a', name: 'Ada' }] }, 'users[2].id'],
    [
      {
        users: [
          { id: 'user_a', email: 'x@a.test' },
          { id: 'user_b', email: 'X@A.test' }
        ]
      },
      'users[1].email'
    ],
    [{ users: [{ id: 'user_a' }, { id: 'user_b', email: 'a@example.com' }] }, 'users[1].email'],
    [{ organizations: [...organizations, { id: 'org_1', slug: 'b' }] }, 'organizations[1].id'],
    [{ organizations: [...organizations, { id: 'org_2', slug: 'acme' }] }, 'organizations[1].slug'],
    [{ organizations: [...organizations, { id: 'acme', slug: 'b' }] }, 'organizations[1].id'],
    [{ organizations, users: [{ id: 'user_a', memberships: [member, member] }] }, 'users[0].memberships[1].orgId']
  ]
  for (const [options, path] of twice) {
    const message = `createLocalClerk.${path} must be another than those before it`
    await t.rejects(createLocalClerk(options), { code: 'FST_CLERK_OPTION_VALUE', message }, path)
  }
  const same = { organizations: [{ id: 'acme', slug: 'acme' }], users: [{ id: 'user_a' }, { id: 'user_b' }] }
  await (await createLocalClerk(same)).close()
})

t.test('the text of a token may be that of a bad one', (t) => {
  const { machineTokens } = clerk
  const opaque = [machineTokens.createApiKey({ subject: 'user_a' }), machineTokens.createM2MToken(), 'oat_unknown']
  for (const token of [clerk.signSessionToken(), 'a.b.c', 'a.b.', ...opaque]) {
    t.equal(clerk.bearer(token).authorization, `Bearer ${token}`)
    t.match(clerk.cookies(token), `__session=${token}`)
  }
  t.end()
})

t.test('an opaque M2M token ends when it is said to', async (t) => {
  let nowMs = Date.now()
  const instance = await createLocalClerk({ now: () => nowMs })
  const token = instance.machineTokens.createM2MToken({ expiresInSeconds: 60 })
  const verify = async () => {
    const headers = { authorization: `Bearer ${instance.machineSecretKey}` }
    const body = JSON.stringify({ token })
    return (await instance.fetch(`${instance.apiUrl}/m2m_tokens/verify`, { method: 'POST', headers, body })).status
  }
  t.equal(await verify(), 200)
  nowMs += 60_000
  t.equal(await verify(), 404)
})

t.test('options of the application keep their types on the way through pluginOptions', async (t) => {
  const options = clerk.pluginOptions({ acceptsToken: ['session_token', 'api_key'] })
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(clerkAuth, options)
  t.same(options.acceptsToken, ['session_token', 'api_key'])
})
