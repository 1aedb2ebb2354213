import t from 'tap'
import { createIdentities } from '../../src/audit/identity.js'
import { parseRedaction } from '../../src/audit/redaction.js'
import {
  createApiKeyAuth,
  createM2MTokenAuth,
  createOAuthTokenAuth,
  createUnauthenticatedMachineAuth
} from '../../src/core/auth/machine-auth.js'
import { createSignedInAuth } from '../../src/core/auth/session-auth.js'
import type { Auth, MachineAuth, SessionClaims } from '../../src/core/auth/types.js'
import { MACHINE_TOKEN_TYPES, type MachineTokenType } from '../../src/core/token-types.js'
import { claims, context } from './audited-server.js'

const identify = createIdentities(parseRedaction([], null))

/** Reads an identity's part of a line: it closes the object of the device and ends in a comma. */
function read(auth: Auth): Record<string, unknown> {
  const text = Buffer.from(identify(auth).bytes).toString()
  return JSON.parse(`{"device":{"address":null${text.slice(0, -1)}}`) as Record<string, unknown>
}

const common = { scopes: [], claims: null, audience: [], issuedAt: null, expiresAt: null }
const recorded: Readonly<Record<MachineTokenType, [auth: MachineAuth, fields: object]>> = {
  api_key: [
    createApiKeyAuth({ ...common, id: 'ak_1', name: 'deploys', subject: 'org_1' }, 'secret'),
    {
      userId: null,
      orgId: 'org_1',
      token: { type: 'api_key', id: 'ak_1', name: 'deploys', subject: 'org_1', machineId: null, clientId: null }
    }
  ],
  m2m_token: [
    createM2MTokenAuth({ ...common, id: 'mt_1', subject: 'mch_1' }, 'secret'),
    {
      userId: null,
      orgId: null,
      token: { type: 'm2m_token', id: 'mt_1', name: null, subject: 'mch_1', machineId: 'mch_1', clientId: null }
    }
  ],
  oauth_token: [
    createOAuthTokenAuth({ ...common, id: 'oat_1', subject: 'user_1', clientId: 'client_1' }, 'secret'),
    {
      userId: 'user_1',
      orgId: null,
      token: { type: 'oauth_token', id: 'oat_1', name: null, subject: 'user_1', machineId: null, clientId: 'client_1' }
    }
  ]
}

t.test('a machine token is recorded with every field that its type has', async (t) => {
  for (const type of MACHINE_TOKEN_TYPES) {
    const [auth, fields] = recorded[type]
    t.same(read(auth), { device: { address: null, sessionId: null }, actorId: null, ...fields }, type)
  }
})

t.test('a refused token has a reason and no identity', async (t) => {
  const refused = createUnauthenticatedMachineAuth('api_key', 'token-invalid', 'not found')
  t.match(read(refused), { userId: null, orgId: null, token: null })
  t.match(identify(refused), { isAuthenticated: false, reason: '"token-invalid"' })
})

t.test('the identity of an auth object is made once', async (t) => {
  const [auth] = recorded.api_key
  t.equal(identify(auth), identify(auth))
})

t.test('a session whose impersonator cannot be read is recorded as impersonated by nobody known', async (t) => {
  for (const act of [{}, { sub: null }, { sub: 7 }, [], 'user_admin']) {
    const auth = createSignedInAuth({ ...claims, act } as unknown as SessionClaims, 'secret', context)
    t.match(read(auth), { userId: 'user_1', actorId: '' }, JSON.stringify(act))
    t.equal(identify(auth).isImpersonated, true)
  }
})
