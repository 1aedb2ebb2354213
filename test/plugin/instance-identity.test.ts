import t from 'tap'
import { copyOf, identityOf, isUnchanged } from '../../src/plugin/instance-identity.js'

const service = new (class Service {})()
const options = () => ({
  publishableKey: 'pk_live_a',
  secretKey: 'sk_live_a',
  authorizedParties: ['https://a.example', 'https://b.example'],
  clockSkewInMs: 1,
  jwks: { warmUp: false, refreshAheadInMs: Number.NaN },
  revocation: { bus: service },
  now: Date.now,
  audience: undefined
})
type Options = Record<string, unknown> & ReturnType<typeof options>

t.test('options are unchanged as long as each member is', async (t) => {
  const given = options()
  const copy = copyOf(given)
  t.ok(isUnchanged(given, copy))
  t.ok(isUnchanged(options(), copy), 'another object with the same members')
  t.ok(isUnchanged(Object.assign(Object.create(null), options()), copy))
  t.ok(isUnchanged(Object.freeze(options()), copy))
})

const CHANGES: Readonly<Record<string, (options: Options) => unknown>> = {
  'another value': (options) => (options.secretKey = 'sk_live_b'),
  'a member more': (options) => (options.machineSecretKey = 'ak_live_a'),
  'an undefined member more': (options) => (options.issuer = undefined),
  'a member less': (options) => Reflect.deleteProperty(options, 'clockSkewInMs'),
  'an undefined member less': (options) => Reflect.deleteProperty(options, 'audience'),
  'an inherited member in its place': (options) => {
    Reflect.deleteProperty(options, 'clockSkewInMs')
    Object.setPrototypeOf(options, { clockSkewInMs: 1 })
  },
  'an element more': (options) => options.authorizedParties.push('https://c.example'),
  'an element less': (options) => options.authorizedParties.pop(),
  'another element': (options) => (options.authorizedParties[0] = 'https://c.example'),
  'elements in another order': (options) => options.authorizedParties.reverse(),
  'a hole': (options) => Reflect.deleteProperty(options.authorizedParties, 0),
  'a nested value': (options) => (options.jwks.warmUp = true),
  'a nested member more': (options) => Object.assign(options.jwks, { extra: 1 }),
  'another class instance': (options) => (options.revocation.bus = new (service.constructor as new () => object)()),
  'another function': (options) => (options.now = () => 0),
  'a list for an object': (options) => Object.assign(options, { jwks: [] }),
  'an object for a list': (options) => Object.assign(options, { authorizedParties: {} }),
  'zero with another sign': (options) => Object.assign(options, { clockSkewInMs: -0 })
}

for (const [name, change] of Object.entries(CHANGES)) {
  t.test(`a change is seen: ${name}`, async (t) => {
    const given = options() as Options
    if (name.startsWith('zero')) given.clockSkewInMs = 0
    const copy = copyOf(given)
    change(given)
    t.notOk(isUnchanged(given, copy))
    t.ok(isUnchanged(given, copyOf(given)))
  })
}

t.test('a hole and an undefined element are told apart, as in the identity', async (t) => {
  const holed = { list: [undefined, 'a'] as unknown[] }
  const copy = copyOf(holed)
  Reflect.deleteProperty(holed.list, 0)
  t.notOk(isUnchanged(holed, copy))
  t.not(identityOf(holed as object), identityOf({ list: [undefined, 'a'] } as object))
})

t.test('members in another order are the same instance', async (t) => {
  const [one, two] = [
    { publishableKey: 'a', secretKey: 'b' },
    { secretKey: 'b', publishableKey: 'a' }
  ]
  t.equal(identityOf(one), identityOf(two))
})
