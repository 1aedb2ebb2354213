import t from 'tap'
import type { HasParams } from '../../../src/core/auth/types.js'
import type { AuthorizePredicate } from '../../../src/plugin/guards/authorize.js'
import { answerTo, apiKey, authorize, member, nobody } from './answer-to.js'

t.test('authorize: 401 signed out, 403 not permitted, through when permitted', async (t) => {
  const rows: [HasParams | AuthorizePredicate, number][] = [
    [{ role: 'org:member' }, 200],
    [{ role: 'org:admin' }, 403],
    [{ permission: 'org:docs:read' }, 200],
    [{ permission: 'org:docs:edit' }, 403],
    [{ feature: 'docs' }, 200],
    [{ plan: 'pro' }, 403],
    [{ role: 'org:member', permission: 'org:docs:edit' }, 403],
    [(has) => has({ role: 'admin' }) || has({ permission: 'org:docs:read' }), 200],
    [(_has, auth) => auth.userId === 'user_1', 200],
    [() => false, 403],
    [(() => 1) as unknown as () => boolean, 403],
    [(() => undefined) as unknown as () => boolean, 403]
  ]
  for (const [condition, status] of rows) {
    const text = typeof condition === 'function' ? String(condition) : JSON.stringify(condition)
    t.equal((await answerTo(member, authorize(condition))).statusCode, status, text)
    t.equal((await answerTo(nobody, authorize(condition))).statusCode, 401, text)
  }
  t.strictSame((await answerTo(member, authorize({ role: 'admin' }))).json(), {
    statusCode: 403,
    code: 'FST_CLERK_FORBIDDEN',
    error: 'Forbidden',
    message: 'This account is not permitted to do that'
  })
})

t.test('authorize and machine tokens: never by role, by scopes only in code', async (t) => {
  t.equal((await answerTo(apiKey, authorize({ role: 'admin' }))).statusCode, 403)
  t.equal((await answerTo(apiKey, authorize({ reverification: 'lax' }))).json().code, 'FST_CLERK_FORBIDDEN')
  const byScope = authorize<'api_key'>((_has, auth) => auth.scopes.includes('docs'))
  t.equal((await answerTo(apiKey, byScope)).statusCode, 200)
})

t.test('a predicate that throws or answers with a promise permits nobody', async (t) => {
  const throwing = await answerTo(
    member,
    authorize(() => {
      throw new Error('mine')
    })
  )
  t.equal(throwing.statusCode, 500)
  t.equal(throwing.json().message, 'mine')
  // Fastify does not treat these values as errors: a guard that passed them on would let the request through.
  for (const thrown of [undefined, null, false, 0, '', 'text']) {
    const predicate = () => {
      throw thrown
    }
    t.equal((await answerTo(member, authorize(predicate))).statusCode, 403, `throw ${JSON.stringify(thrown)}`)
  }
  for (const answer of [Promise.resolve(true), Promise.reject(new Error('late'))]) {
    const response = await answerTo(member, authorize((() => answer) as unknown as () => boolean))
    t.equal(response.statusCode, 500)
    t.match(response.json(), { code: 'FST_CLERK_AUTHORIZE_PARAMS', message: /predicate.*synchronous/ })
  }
})

t.test('an answer that only looks like a promise is an answer, and not true', async (t) => {
  const answers = [JSON.parse('{"then":true}'), {}, null, 1, 'true'] as unknown[]
  for (const answer of answers) {
    const response = await answerTo(member, authorize((() => answer) as () => boolean))
    t.equal(response.json().code, 'FST_CLERK_FORBIDDEN', JSON.stringify(answer))
  }
})

t.test('conditions that make no sense are refused when the hook is made', async (t) => {
  const known = 'role, permission, feature, plan, reverification'
  const [noCondition, noText] = [
    /condition.*an object or a function/,
    (key: string) => RegExp(`${key}.*a non-empty string`)
  ]
  const [unknown, empty] = [(key: string) => RegExp(`${key}.*known are ${known}`), RegExp(`at least one of ${known}`)]
  const noLevel = /reverification.*strict_mfa.*afterMinutes.*multi_factor/
  const rows: [unknown, RegExp][] = [
    [undefined, noCondition],
    [null, noCondition],
    ['org:admin', noCondition],
    [[{ role: 'admin' }], noCondition],
    [{}, empty],
    [{}, /authorize.*condition/i],
    [{ role: undefined }, empty],
    [{ roles: 'admin' }, unknown('roles')],
    [{ role: 'admin', permissions: 'x' }, unknown('permissions')],
    [{ role: '' }, noText('role')],
    [{ role: ['admin'] }, noText('role')],
    [{ permission: 5 }, noText('permission')],
    [{ permission: 'org:sys_profile:manage' }, /permission.*system permissions/],
    [{ permission: 'sys_profile:manage' }, /permission.*system permissions/],
    [{ feature: 'team:docs' }, /feature.*scope/],
    [{ plan: 'o:' }, /plan.*scope/],
    [{ feature: 'org:docs:read' }, /feature.*scope/],
    [{ plan: 'user:pro:' }, /plan.*scope/],
    [{ role: 'org:' }, /role.*name/],
    [{ feature: null }, noText('feature')],
    [{ plan: {} }, noText('plan')],
    [{ reverification: 'sometimes' }, noLevel],
    [{ reverification: { level: 'first_factor' } }, noLevel],
    [{ reverification: { level: 'first_factor', afterMinutes: 0 } }, noLevel],
    [{ reverification: null }, noLevel],
    [async () => true, /predicate.*synchronous/]
  ]
  for (const [condition, message] of rows) {
    t.throws(() => authorize(condition as never), { code: 'FST_CLERK_AUTHORIZE_PARAMS', message }, String(message))
  }
})

t.test('a condition that is undefined is as one that is left out', async (t) => {
  const hook = authorize({ role: undefined, reverification: 'moderate' } as unknown as HasParams)
  t.equal((await answerTo(member, hook)).statusCode, 200)
})

t.test('changing the conditions after registration changes nothing', async (t) => {
  const reverification = { level: 'first_factor' as const, afterMinutes: 10 }
  const condition = { role: 'org:admin', reverification }
  const hook = authorize(condition)
  condition.role = 'org:member'
  reverification.afterMinutes = 1e6
  t.equal((await answerTo(member, hook)).json().code, 'FST_CLERK_FORBIDDEN')
  const recent = authorize({ reverification })
  reverification.afterMinutes = 1
  t.equal((await answerTo(member, recent)).statusCode, 200)
})
