import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { AcceptsTokenError } from '../../../src/core/errors.js'
import { MACHINE_TYPES } from '../../../src/core/machine/machine-types.js'
import { isTokenType, opaqueAsked } from '../../../src/core/options/accepts-token.js'
import { machineTypeOfJwt, machineTypeOfPrefix } from '../../../src/core/state/token-kind.js'
import { MACHINE_TOKEN_TYPES, type MachineTokenType, TOKEN_TYPES } from '../../../src/core/token-types.js'
import { root } from '../../docs/manual.js'

t.test('a prefix belongs to one type, and no prefix hides another', async (t) => {
  for (const type of MACHINE_TOKEN_TYPES) {
    const { prefix } = MACHINE_TYPES[type]
    t.equal(machineTypeOfPrefix(`${prefix}x`), type)
    t.equal(machineTypeOfPrefix(prefix.toUpperCase()), null, 'case-sensitive')
    const hidden = MACHINE_TOKEN_TYPES.filter(
      (other) => other !== type && MACHINE_TYPES[other].prefix.startsWith(prefix)
    )
    t.same(hidden, [])
  }
  t.equal(machineTypeOfPrefix('eyJhbGciOiJSUzI1NiJ9.e30.c2ln'), null)
})

t.test('a JWT that says to be of a type has a header that the type allows', async (t) => {
  const said: { readonly [Type in MachineTokenType]: { header: object; claims: object } | null } = {
    api_key: null,
    m2m_token: { header: { typ: 'JWT', cat: 'cl_B7d4PD333AAA' }, claims: { sub: 'mch_1' } },
    oauth_token: { header: { typ: 'at+jwt' }, claims: { sub: 'user_1' } }
  }
  for (const type of MACHINE_TOKEN_TYPES) {
    const token = said[type] as { header: Record<string, unknown>; claims: Record<string, unknown> } | null
    const { jwt } = MACHINE_TYPES[type]
    if (token === null || jwt === null) {
      t.equal(jwt, token, `${type} has no JWT form`)
      continue
    }
    t.equal(machineTypeOfJwt(token), type)
    t.ok(jwt.allowsCategory(token.header) && jwt.allowsType(token.header), type)
    t.match(jwt.createAuth(token.claims, 'a.b.c'), {
      tokenType: type,
      isAuthenticated: true,
      subject: token.claims.sub
    })
  }
  t.equal(machineTypeOfJwt({ header: { typ: 'JWT' }, claims: { sub: 'user_1' } }), null)
})

t.test('acceptsToken takes every type, and its error names every type', async (t) => {
  const { message } = new AcceptsTokenError('acceptsToken')
  for (const type of TOKEN_TYPES) {
    t.ok(isTokenType(type))
    t.ok(message.includes(`"${type}"`), message)
  }
  t.notOk(isTokenType('agent'))
})

t.test('a type without a JWT form needs Clerk wherever it is named', async (t) => {
  t.equal(opaqueAsked('api_key', false), 'api_key')
  t.equal(opaqueAsked(['session_token', 'm2m_token', 'api_key'], false), 'api_key')
  t.equal(opaqueAsked(['session_token', 'm2m_token', 'oauth_token'], false), null)
  t.equal(opaqueAsked('any', false), 'any')
  t.equal(opaqueAsked('any', true), null, 'opaque tokens are refused')
  t.equal(opaqueAsked(['session_token', 'api_key'], true), 'api_key', 'which has no other form')
})

t.test('the specification beside the table names each type with its prefix', async (t) => {
  const text = readFileSync(join(root, 'src/core/machine/README.md'), 'utf8')
  for (const type of MACHINE_TOKEN_TYPES) {
    t.ok(text.includes(`| \`${type}\` | \`${MACHINE_TYPES[type].prefix}…\` |`), type)
  }
})
