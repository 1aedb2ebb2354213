import { inspect } from 'node:util'
import fc from 'fast-check'
import t from 'tap'
import { deepFreeze } from '../../../src/core/auth/deep-freeze.js'
import { decodeOrganizationPermissions } from '../../../src/core/auth/organization-permissions.js'
import {
  createPendingAuth,
  createSignedInAuth,
  createSignedOutAuth,
  type SessionAuthContext
} from '../../../src/core/auth/session-auth.js'
import type { GetTokenOptions, SessionClaims } from '../../../src/core/auth/types.js'

const TOKEN = 'eyJhbGciOiJSUzI1NiJ9.secret-token.signature'

const context: SessionAuthContext = {
  fetchToken: () => Promise.reject(new Error('no call expected'))
}

// As they come: out of JSON.parse.
function signedIn(claims: object, from: SessionAuthContext = context) {
  const parsed = JSON.parse(JSON.stringify({ sub: 'user_1', sid: 'sess_1', exp: 2_000_000_000, ...claims }))
  return createSignedInAuth(parsed as SessionClaims, TOKEN, from)
}

t.test('version 2 claims become the properties of the auth', async (t) => {
  const auth = signedIn({
    v: 2,
    sts: 'active',
    fva: [3, -1],
    act: { sub: 'user_admin', type: 'agent' },
    o: { id: 'org_1', rol: 'admin', slg: 'acme', per: 'read,edit,share', fpm: '5,2' },
    fea: 'o:docs,o:billing,u:beta'
  })
  t.match(auth, {
    isAuthenticated: true,
    tokenType: 'session_token',
    userId: 'user_1',
    sessionId: 'sess_1',
    sessionStatus: 'active',
    orgId: 'org_1',
    orgRole: 'org:admin',
    orgSlug: 'acme'
  })
  t.same(auth.orgPermissions, ['org:docs:read', 'org:docs:share', 'org:billing:edit'])
  t.same(auth.factorVerificationAge, [3, -1])
  t.same(auth.actor, { sub: 'user_admin', type: 'agent' })
  t.equal(auth.sessionClaims.sub, 'user_1')
})

t.test('version 1 claims become the properties of the auth, and anything but the number 2 is version 1', async (t) => {
  const v1 = { org_id: 'org_1', org_role: 'admin', org_slug: 'acme', org_permissions: ['org:docs:read'] }
  for (const v of [undefined, '2', 3, null]) {
    const auth = signedIn({ ...v1, v, o: { id: 'org_other' } })
    t.equal(auth.orgId, 'org_1')
    t.equal(auth.orgRole, 'admin')
    t.equal(auth.orgSlug, 'acme')
    t.same(auth.orgPermissions, ['org:docs:read'])
  }
})

t.test('without an organization its properties are undefined', async (t) => {
  for (const claims of [{}, { v: 2 }, { v: 2, fea: 'o:docs' }]) {
    const auth = signedIn(claims)
    t.equal(auth.orgId, undefined)
    t.equal(auth.orgRole, undefined)
    t.equal(auth.orgSlug, undefined)
    t.equal(auth.orgPermissions, undefined)
    t.equal(auth.sessionStatus, null)
    t.equal(auth.actor, undefined)
    t.equal(auth.factorVerificationAge, null)
  }
})

t.test('claims of the wrong shape grant nothing and never throw', async (t) => {
  const values = [null, 0, 1, true, '', 'x', 'o', ':', ',', [], [1], {}, { id: 1 }, [['o:docs']], Number.MAX_VALUE]
  const names = [
    'v',
    'o',
    'fea',
    'pla',
    'sts',
    'act',
    'fva',
    'sid',
    'org_id',
    'org_role',
    'org_slug',
    'org_permissions'
  ]
  for (const name of names) {
    for (const value of values) {
      for (const base of [{}, { v: 2, o: { id: 'org_1', rol: 'admin', per: 'a,b', fpm: '3' }, fea: 'o:docs' }]) {
        const auth = signedIn({ ...base, [name]: value })
        t.ok(auth.orgId === undefined || typeof auth.orgId === 'string')
        t.ok(auth.orgRole === undefined || typeof auth.orgRole === 'string')
        t.ok(auth.orgPermissions === undefined || auth.orgPermissions.every((one) => typeof one === 'string'))
        t.ok(auth.factorVerificationAge === null || auth.factorVerificationAge.length === 2)
        t.ok(auth.actor === undefined || typeof auth.actor === 'object')
        t.ok(auth.sessionStatus === null || auth.sessionStatus === 'active' || auth.sessionStatus === 'pending')
        t.type(auth.has({ role: 'other' }), 'boolean')
      }
    }
  }
})

t.test('whatever the claims hold, the auth is made, deeply frozen, and answers', async () => {
  const names = [
    'v',
    'o',
    'fea',
    'pla',
    'sts',
    'act',
    'fva',
    'sid',
    'org_id',
    'org_role',
    'org_permissions',
    '__proto__'
  ]
  const isDeeplyFrozen = (value: unknown): boolean =>
    typeof value !== 'object' ||
    value === null ||
    (Object.isFrozen(value) && Object.values(value).every(isDeeplyFrozen))
  const members = fc.tuple(fc.constantFrom(...names), fc.oneof(fc.jsonValue(), fc.constantFrom(2, 'o:a', '1,2', ':')))
  fc.assert(
    fc.property(fc.array(members, { maxLength: 8 }), (claims) => {
      const text = claims.map(([name, value]) => `,${JSON.stringify(name)}:${JSON.stringify(value)}`).join('')
      const auth = createSignedInAuth(JSON.parse(`{"sub":"user_1","exp":2${text}}`), TOKEN, context)
      for (const params of [
        { role: 'a' },
        { permission: 'a' },
        { feature: 'a' },
        { plan: 'a' },
        { reverification: 'lax' }
      ] as const) {
        if (typeof auth.has(params) !== 'boolean') return false
      }
      return isDeeplyFrozen({ ...auth }.sessionClaims) && Object.values(auth).every(isDeeplyFrozen)
    }),
    { numRuns: 2_000, seed: 7 }
  )
})

t.test('every part of the packed permissions fails closed when malformed', async (t) => {
  const malformed: [unknown, unknown, unknown][] = [
    ['docs', 'read', '1'],
    ['o:docs,', 'read', '1'],
    ['o:docs,billing', 'read', '1,1'],
    [5, 'read', '1'],
    [null, 'read', '1'],
    ['o:docs', ['read'], '1'],
    ['o:docs', { a: 1 }, '1'],
    ['o:docs', 'read', 1],
    ['o:docs', 'read', '-1'],
    ['o:docs', 'read', '0x1'],
    ['o:docs', 'read', '1e3'],
    ['o:docs', 'read', '1.0'],
    ['o:docs', 'read', ''],
    ['o:docs', '', '1'],
    ['', 'read', '1'],
    ['u:docs', 'read', '1'],
    ['x:docs', 'read', '1'],
    ['o:docs', ',,', '7']
  ]
  for (const [features, names, masks] of malformed) {
    t.same(decodeOrganizationPermissions(features, names, masks), [], inspect([features, names, masks]))
  }
})

t.test('masks beyond 53 bits lose no permission', async (t) => {
  const names = Array.from({ length: 80 }, (_, i) => `p${i}`)
  const chosen = [0, 1, 52, 53, 54, 63, 64, 79]
  const mask = chosen.reduce((sum, bit) => sum | (1n << BigInt(bit)), 0n)
  t.same(
    decodeOrganizationPermissions('o:docs', names.join(','), String(mask)),
    chosen.map((bit) => `org:docs:p${bit}`)
  )
  t.same(decodeOrganizationPermissions('o:docs', 'read', String(1n << 70n)), [], 'bits past the names are ignored')
})

t.test('masks belong to features in the scope of the organization, by position among them', async (t) => {
  t.same(decodeOrganizationPermissions('u:beta, ou:docs ,uo:wiki,u:x,o:crm', 'read, edit', '1,2,3'), [
    'org:docs:read',
    'org:wiki:edit',
    'org:crm:read',
    'org:crm:edit'
  ])
  t.same(
    decodeOrganizationPermissions('o:docs,o:crm', 'read', '1'),
    ['org:docs:read'],
    'a missing mask is no permission'
  )
  t.same(
    decodeOrganizationPermissions('o:docs', 'read', '1,1,1'),
    ['org:docs:read'],
    'masks without a feature are ignored'
  )
})

t.test('tokens with the same packed permissions share one list', async (t) => {
  const claims = { v: 2, o: { id: 'org_1', per: 'read', fpm: '1' }, fea: 'o:docs' }
  t.equal(signedIn(claims).orgPermissions, signedIn({ ...claims, sub: 'user_2' }).orgPermissions)
  t.not(signedIn(claims).orgPermissions, signedIn({ ...claims, fea: 'o:wiki' }).orgPermissions)
  for (let i = 0; i < 1_200; i++) decodeOrganizationPermissions('o:docs', 'read', String(i))
  t.same(signedIn(claims).orgPermissions, ['org:docs:read'], 'also after the table has been emptied')
})

t.test('a session that names an impersonator nobody can read still counts as impersonated', async (t) => {
  const unreadable = ['user_admin', 7, [], {}, { sub: null }, { sub: 7 }, { sub: ['user_admin'] }]
  for (const act of unreadable) t.strictSame(signedIn({ act }).actor, { sub: '' }, JSON.stringify(act))
  t.equal(signedIn({ act: null }).actor, undefined)
})

t.test('whoever mutates the auth or its claims gets an exception and changes nobody', async (t) => {
  const auth = signedIn({
    v: 2,
    fva: [1, 2],
    act: { sub: 'user_a', deep: { list: [{ a: 1 }] } },
    metadata: { roles: ['a', { b: [] }] },
    o: { id: 'org_1', per: 'read', fpm: '1' },
    fea: 'o:docs'
  })
  // biome-ignore lint/suspicious/noExplicitAny: the compiler would refuse every line
  const open = auth as any
  const attempts: (() => unknown)[] = [
    () => {
      open.userId = 'user_2'
    },
    () => {
      open.isAuthenticated = false
    },
    () => {
      open.has = () => true
    },
    () => {
      open.getToken = 1
    },
    () => {
      open.added = 1
    },
    () => {
      delete open.orgId
    },
    () => {
      open.sessionClaims.sub = 'user_2'
    },
    () => {
      open.sessionClaims.added = 1
    },
    () => open.sessionClaims.metadata.roles.push('admin'),
    () => {
      open.sessionClaims.metadata.roles[1].b[0] = 1
    },
    () => {
      open.sessionClaims.o.id = 'org_2'
    },
    () => {
      open.actor.sub = 'x'
    },
    () => {
      open.actor.deep.list[0].a = 2
    },
    () => open.orgPermissions.push('org:docs:all'),
    () => {
      open.factorVerificationAge[0] = 0
    },
    () => {
      Object.getPrototypeOf(open).has = () => true
    },
    () => Object.defineProperty(Object.getPrototypeOf(open), 'has', { value: () => true }),
    () => Object.setPrototypeOf(open, { has: () => true })
  ]
  for (const attempt of attempts) t.throws(attempt, TypeError, attempt.toString())
  t.equal(auth.userId, 'user_1')
  t.equal(auth.has({ role: 'x' }), false)
})

t.test('deepFreeze reaches every level, however deep', async (t) => {
  const levels = 200_000
  const parsed = JSON.parse(`{"sub":"u","x":${'['.repeat(levels)}${']'.repeat(levels)}}`) as { x: unknown[] }
  deepFreeze(parsed)
  let depth = 0
  for (let at: unknown = parsed.x; Array.isArray(at); at = at[0]) {
    if (!Object.isFrozen(at)) t.fail(`level ${depth} is not frozen`)
    depth++
  }
  t.equal(depth, levels)
})

t.test('a claim named __proto__ is a claim and nothing else', async (t) => {
  const parsed = JSON.parse('{"sub":"user_1","sid":"s","exp":2,"__proto__":{"v":2,"sts":"pending","polluted":[]}}')
  const auth = createSignedInAuth(parsed, TOKEN, context)
  t.equal(auth.sessionStatus, null)
  t.equal(({} as Record<string, unknown>).polluted, undefined)
  t.ok(Object.isFrozen(Object.getOwnPropertyDescriptor(parsed, '__proto__')?.value.polluted))
})

t.test('has and getToken work on their own', async (t) => {
  const { has, getToken } = signedIn({ org_id: 'org_1', org_role: 'org:admin' })
  t.equal(has({ role: 'admin' }), true)
  t.equal(has({ role: 'member' }), false)
  t.equal(await getToken(), TOKEN)
})

t.test('a copy of an auth, signed in or out, answers as the auth does', async (t) => {
  const copy = { ...signedIn({ org_id: 'org_1', org_role: 'org:admin' }), tenant: 'acme' }
  t.equal(copy.has({ role: 'org:admin' }), true)
  t.equal(copy.has({ role: 'org:member' }), false)
  t.equal(await copy.getToken(), TOKEN)
  const forged = { ...copy, orgRole: 'org:owner' as const }
  t.equal(forged.has({ role: 'org:owner' }), false, 'a changed copy grants nothing')
  const out = { ...createSignedOutAuth('token-expired', '') }
  t.equal(out.has({ role: 'org:admin' }), false)
  t.equal(await out.getToken(), null)
})

t.test('getToken gives this token, or asks for another one', async (t) => {
  const calls: [string, GetTokenOptions][] = []
  const from: SessionAuthContext = {
    async fetchToken(sessionId, options) {
      calls.push([sessionId, options])
      return 'another'
    }
  }
  const auth = signedIn({}, from)
  t.equal(await auth.getToken(), TOKEN)
  t.equal(await auth.getToken({}), TOKEN)
  t.equal(calls.length, 0)
  t.equal(await auth.getToken({ template: 'db' }), 'another')
  t.equal(await auth.getToken({ expiresInSeconds: 60 }), 'another')
  t.same(calls, [
    ['sess_1', { template: 'db' }],
    ['sess_1', { expiresInSeconds: 60 }]
  ])
  t.equal(await signedIn({ sid: '' }, from).getToken({ template: 'db' }), null)
  t.equal(await signedIn({ sid: undefined }, from).getToken(), null, 'a token without a session has none to ask for')
  const broken = signedIn(
    {},
    {
      fetchToken() {
        throw new Error('sync')
      }
    }
  )
  await t.rejects(broken.getToken({ template: 'db' }), { message: 'sync' })
})

t.test('the token shows in no serialisation', async (t) => {
  const auth = signedIn({ v: 2 })
  const seen = [
    JSON.stringify(auth),
    inspect(auth, { showHidden: true, depth: 9, showProxy: true, getters: true }),
    JSON.stringify({ ...auth }),
    JSON.stringify(Object.getOwnPropertyDescriptors(auth)),
    String(Reflect.ownKeys(auth).map(String))
  ]
  for (const text of seen) t.notMatch(text, /secret-token|signature/)
  t.match(JSON.parse(JSON.stringify(auth)), {
    userId: 'user_1',
    isAuthenticated: true,
    sessionClaims: { sub: 'user_1' }
  })
})

t.test('signed out has the same properties, all null, and says why', async (t) => {
  const out = createSignedOutAuth('token-expired', 'The token has expired.')
  const { reason, message, retryAfterSeconds, isAuthenticated, tokenType, has, getToken, ...rest } = { ...out }
  t.same(
    { reason, message, retryAfterSeconds },
    {
      reason: 'token-expired',
      message: 'The token has expired.',
      retryAfterSeconds: null
    }
  )
  t.equal(isAuthenticated, false)
  t.equal(tokenType, 'session_token')
  for (const [name, value] of Object.entries(rest)) t.equal(value, null, name)
  const inKeys = Object.keys(signedIn({}))
  t.strictSame(Object.keys(out).slice(0, inKeys.length), inKeys)
  t.equal(has({ role: 'admin' }), false)
  t.equal(await getToken(), null)
  t.ok(Object.isFrozen(out))
  t.ok(Object.isFrozen(Object.getPrototypeOf(out)))
  t.equal(createSignedOutAuth('x', '', 7).retryAfterSeconds, 7)
})

t.test('a pending session is signed out with the status that says so', async (t) => {
  const auth = createPendingAuth()
  t.match(auth, { isAuthenticated: false, sessionStatus: 'pending', userId: null, reason: 'session-pending' })
  t.equal(auth.has({ role: 'admin' }), false)
  t.ok(Object.isFrozen(auth))
})
