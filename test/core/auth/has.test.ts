import { signedInAuthObject } from '@clerk/backend/internal'
import fc from 'fast-check'
import t from 'tap'
import { createSignedInAuth } from '../../../src/core/auth/session-auth.js'
import type { HasParams, SessionClaims } from '../../../src/core/auth/types.js'

const context = { fetchToken: () => Promise.reject(new Error('no call expected')) }

function has(claims: object, params: unknown): boolean {
  const parsed = JSON.parse(JSON.stringify({ sub: 'user_1', sid: 'sess_1', exp: 2_000_000_000, ...claims }))
  return createSignedInAuth(parsed as SessionClaims, 'token', context).has(params as HasParams)
}

const everything = {
  v: 2,
  fva: [1, 1],
  o: { id: 'org_1', rol: 'admin', per: 'read,edit', fpm: '1' },
  fea: 'o:docs,u:beta',
  pla: 'o:team,u:pro'
}
const passing: Record<string, unknown> = {
  role: 'org:admin',
  permission: 'org:docs:read',
  feature: 'docs',
  plan: 'pro',
  reverification: 'strict'
}
const failing: Record<string, unknown> = {
  role: 'org:member',
  permission: 'org:docs:edit',
  feature: 'wiki',
  plan: 'free',
  reverification: { level: 'first_factor', afterMinutes: 1 }
}

t.test('conditions are ANDed: any that fails decides, whatever else is asked', async (t) => {
  const names = Object.keys(passing)
  // Each condition: not asked, passing or failing; 3^5 combinations.
  for (let code = 0; code < 3 ** names.length; code++) {
    const params: Record<string, unknown> = {}
    let rest = code
    for (const name of names) {
      if (rest % 3 === 1) params[name] = passing[name]
      if (rest % 3 === 2) params[name] = failing[name]
      rest = Math.floor(rest / 3)
    }
    const expected = code !== 0 && Object.keys(params).every((name) => params[name] === passing[name])
    if (has(everything, params) !== expected) t.fail(JSON.stringify(params))
  }
  t.equal(has(everything, passing), true)
})

t.test('nothing asked, nothing granted', async (t) => {
  for (const params of [{}, { role: undefined }, { unknown: 'x' }, null, undefined, 'org:admin', 7, []]) {
    t.equal(has(everything, params), false, JSON.stringify(params))
  }
  t.equal(has({ ...everything, sub: '' }, passing), false, 'without a user nothing is granted')
})

t.test('a condition that is no text fails, and never throws', async (t) => {
  for (const name of ['role', 'permission', 'feature', 'plan']) {
    for (const value of [null, 1, true, {}, [], ['org:admin'], { toString: () => 'org:admin' }, '']) {
      t.equal(has(everything, { [name]: value }), false, `${name}: ${JSON.stringify(value)}`)
    }
  }
})

t.test('roles are equal with and without any number of prefixes', async (t) => {
  const spellings = ['admin', 'org:admin', 'org:org:admin', 'org:org:org:admin']
  for (const claimed of spellings) {
    for (const asked of spellings) {
      t.equal(has({ org_id: 'org_1', org_role: claimed }, { role: asked }), true, `${claimed} ${asked}`)
    }
    for (const asked of ['Admin', 'org:member', 'org:', 'administrator', ' admin', 'org: admin', 'org:admin:']) {
      t.equal(has({ org_id: 'org_1', org_role: claimed }, { role: asked }), false, `${claimed} ${asked}`)
    }
  }
  t.equal(has({ v: 2, o: { id: 'org_1', rol: 'org:admin' } }, { role: 'admin' }), true)
})

t.test('roles and permissions need an organization', async (t) => {
  const claims = { org_role: 'admin', org_permissions: ['org:docs:read'] }
  t.equal(has(claims, { role: 'admin' }), false)
  t.equal(has(claims, { permission: 'org:docs:read' }), false)
  t.equal(has({ ...claims, org_id: '' }, { role: 'admin' }), false)
  t.equal(has({ v: 2, o: { rol: 'admin' } }, { role: 'admin' }), false)
  for (const org_role of [undefined, null, '', 5, {}, ['admin']]) {
    t.equal(has({ org_id: 'org_1', org_role }, { role: 'admin' }), false)
  }
})

t.test('permissions match whole, prefixed on the side that asks only', async (t) => {
  const claims = { org_id: 'org_1', org_permissions: ['org:docs:read', 'docs:edit', 'org:org:docs:share'] }
  t.equal(has(claims, { permission: 'org:docs:read' }), true)
  t.equal(has(claims, { permission: 'docs:read' }), true)
  t.equal(has(claims, { permission: 'org:org:docs:read' }), true)
  t.equal(has(claims, { permission: 'docs:edit' }), false, 'the claim is not normalised')
  t.equal(has(claims, { permission: 'docs:share' }), false)
  t.equal(has(claims, { permission: 'org:docs' }), false)
  t.equal(has({ org_id: 'org_1', org_permissions: 'org:docs:read' }, { permission: 'org:docs:read' }), false)
})

t.test('features and plans are found in the scope asked for', async (t) => {
  const list = 'o:f1,u:f2,ou:f3'
  const yes = ['f1', 'f2', 'f3', 'o:f1', 'org:f1', 'organization:f1', 'u:f2', 'user:f2', 'o:f3', 'u:f3', 'o:f1:zz']
  const no = [
    'u:f1',
    'o:f2',
    'ou:f3',
    'uo:f3',
    'x:f1',
    ':f1',
    'o:',
    '',
    ':',
    'F1',
    'f4',
    'f',
    'o',
    'constructor:f1',
    '__proto__:f1'
  ]
  for (const asked of yes) {
    t.equal(has({ fea: list }, { feature: asked }), true, asked)
    t.equal(has({ pla: list }, { plan: asked }), true, asked)
  }
  for (const asked of no) {
    t.equal(has({ fea: list }, { feature: asked }), false, asked)
    t.equal(has({ pla: list }, { plan: asked }), false, asked)
  }
  t.equal(has({ fea: list }, { plan: 'f1' }), false)
  t.equal(has({ pla: list }, { feature: 'f1' }), false)
})

t.test('a list of features that cannot be read grants nothing', async (t) => {
  for (const fea of [
    undefined,
    null,
    '',
    5,
    {},
    ['o:f1'],
    'f1',
    'o:f1,f1',
    'o:f1,',
    ',o:f1',
    'constructor:f1',
    'x:f1',
    'O:f1'
  ]) {
    t.equal(has({ fea }, { feature: 'f1' }), false, JSON.stringify(fea))
  }
})

t.test('reverification presets have their level and age', async (t) => {
  const rows: [string, number[], boolean][] = [
    ['strict_mfa', [9, 9], true],
    ['strict_mfa', [10, 9], false],
    ['strict_mfa', [9, 10], false],
    ['strict_mfa', [9, -1], true],
    ['strict', [500, 9], true],
    ['strict', [9, 10], false],
    ['strict', [9, -1], true],
    ['strict', [10, -1], false],
    ['moderate', [500, 59], true],
    ['moderate', [0, 60], false],
    ['lax', [5000, 1439], true],
    ['lax', [0, 1440], false]
  ]
  for (const [reverification, fva, expected] of rows) {
    t.equal(has({ fva }, { reverification }), expected, `${reverification} ${fva}`)
  }
})

t.test('reverification levels look at the factors there are', async (t) => {
  const rows: [number[], string[]][] = [
    [
      [9, -1],
      ['first_factor', 'second_factor', 'multi_factor']
    ],
    [[-1, 9], ['second_factor']],
    [[10, 9], ['second_factor']],
    [[9, 10], ['first_factor']],
    [
      [9, 9],
      ['first_factor', 'second_factor', 'multi_factor']
    ],
    [[10, 10], []],
    [[-1, -1], []],
    [[-1, 10], []],
    [[10, -1], []]
  ]
  for (const [fva, passes] of rows) {
    for (const level of ['first_factor', 'second_factor', 'multi_factor']) {
      const reverification = { level, afterMinutes: 10 }
      t.equal(has({ fva }, { reverification }), passes.includes(level), `${fva} ${level}`)
    }
  }
})

t.test('reverification that cannot be read is not fresh', async (t) => {
  for (const fva of [
    undefined,
    null,
    'x',
    [],
    [1],
    [1, 1, 1],
    ['1', 1],
    [1, null],
    [-2, 1],
    [1, -0.5],
    { 0: 1, 1: 1 }
  ]) {
    t.equal(has({ fva }, { reverification: 'lax' }), false, JSON.stringify(fva))
  }
  const configs = [
    null,
    '',
    'none',
    'constructor',
    0,
    true,
    {},
    [],
    { level: 'first_factor' },
    { afterMinutes: 10 },
    { level: 'first_factor', afterMinutes: 0 },
    { level: 'first_factor', afterMinutes: -1 },
    { level: 'first_factor', afterMinutes: '10' },
    { level: 'first_factor', afterMinutes: Number.NaN },
    { level: 'third_factor', afterMinutes: 10 },
    { level: ['first_factor'], afterMinutes: 10 }
  ]
  for (const reverification of configs)
    t.equal(has({ fva: [0, 0] }, { reverification }), false, JSON.stringify(reverification))
})

// The official library is the oracle. It throws where a claim cannot be read; ours then grants nothing by that claim.
t.test('answers as the official library does, over random claims and questions', async (t) => {
  const scopes = fc.constantFrom('o', 'u', 'ou', 'uo', 'x', ' o')
  const ids = fc.constantFrom('docs', 'crm', 'wiki', 'a:b')
  const list = fc
    .array(fc.tuple(scopes, ids), { maxLength: 5 })
    .map((items) => items.map(([scope, id]) => `${scope}:${id}`).join(','))
  const names = fc
    .array(fc.constantFrom('read', 'edit', ' share', 'all'), { minLength: 1, maxLength: 6 })
    .map((all) => all.join(','))
  const masks = fc
    .array(fc.oneof(fc.bigInt(0n, 63n).map(String), fc.constantFrom('', 'x', '-1', ' 3', String(2n ** 70n + 1n))), {
      maxLength: 5
    })
    .map((all) => all.join(','))
  const role = fc.constantFrom('admin', 'org:admin', 'org:org:admin', 'member', '')
  const maybe = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: undefined })
  const age = fc.constantFrom(-1, 0, 9, 10, 59, 60, 1439, 1440, 5000)
  const common = {
    fea: maybe(list),
    pla: maybe(list),
    fva: maybe(fc.tuple(age, age)),
    sts: maybe(fc.constant('active'))
  }
  const v2 = fc.record({
    ...common,
    v: fc.constant(2),
    o: maybe(
      fc.record({
        id: fc.constantFrom('org_1', 'org_2'),
        rol: maybe(role),
        slg: maybe(fc.constant('acme')),
        per: maybe(names),
        fpm: maybe(masks)
      })
    )
  })
  const v1 = fc.record({
    ...common,
    org_id: maybe(fc.constant('org_1')),
    org_role: maybe(role),
    org_permissions: maybe(fc.array(fc.constantFrom('org:docs:read', 'org:crm:edit', 'docs:read')))
  })
  const scoped = fc.constantFrom(
    'docs',
    'crm',
    'o:docs',
    'org:crm',
    'user:wiki',
    'u:docs',
    'organization:docs:x',
    'ou:docs',
    ':docs',
    'a',
    'o:a:b',
    ''
  )
  const conditions = {
    role,
    permission: fc.constantFrom('org:docs:read', 'docs:edit', 'org:crm:share', 'org:wiki:all', 'org:a:b:read', ''),
    feature: scoped,
    plan: scoped,
    reverification: fc.oneof(
      fc.constantFrom('strict_mfa', 'strict', 'moderate', 'lax', 'unknown'),
      fc.record({
        level: fc.constantFrom('first_factor', 'second_factor', 'multi_factor', 'none'),
        afterMinutes: fc.constantFrom(0, 1, 10, 60, 1e6)
      })
    )
  }
  // Mostly one condition at a time: of five random ones, one nearly always fails.
  const single = Object.entries(conditions).map(([name, values]) =>
    fc.record({ [name]: values as fc.Arbitrary<unknown> })
  )
  const questions = fc.oneof(...single, fc.record(conditions, { requiredKeys: [] }))
  let granted = 0
  let compared = 0
  fc.assert(
    fc.property(fc.oneof(v1, v2), fc.array(questions, { minLength: 3, maxLength: 6 }), (random, asked) => {
      const claims = JSON.parse(JSON.stringify({ sub: 'user_1', sid: 'sess_1', exp: 2_000_000_000, iat: 1, ...random }))
      const ours = createSignedInAuth(structuredClone(claims), 'token', context)
      let official: ReturnType<typeof signedInAuthObject>
      try {
        official = signedInAuthObject({}, 'token', structuredClone(claims))
      } catch {
        // An item without a scope, from an empty list.
        return (ours.orgPermissions ?? []).length === 0
      }
      for (const name of ['userId', 'sessionId', 'sessionStatus', 'actor', 'orgId', 'orgRole', 'orgSlug'] as const) {
        if (ours[name] !== official[name]) throw new Error(`${name}: ${ours[name]} is not ${official[name]}`)
      }
      if (JSON.stringify(ours.orgPermissions) !== JSON.stringify(official.orgPermissions))
        throw new Error('orgPermissions')
      for (const params of asked) {
        const expected = official.has(params as never)
        if (ours.has(params as HasParams) !== expected) throw new Error(`${JSON.stringify(params)} is ${expected}`)
        compared++
        if (expected) granted++
      }
      return true
    }),
    { numRuns: 3_000, seed: 20_240_601 }
  )
  t.ok(granted > 500, `${compared} answers compared, ${granted} of them granted`)
})
