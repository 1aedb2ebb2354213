import { readFile } from 'node:fs/promises'
import t from 'tap'
import { askPlainly } from './ask.js'
import { startBackendStub } from './backend-stub.js'
import { type CaseInput, caseOf } from './case.js'
import { DELIBERATE } from './deliberate.js'
import { closeServers } from './ours.js'
import { NOW, PLAIN_TOKEN } from './tokens.js'

const stub = await startBackendStub()
t.teardown(async () => {
  await closeServers()
  stub.close()
})

const token = (spec: Partial<typeof PLAIN_TOKEN> = {}) => ({ token: { ...PLAIN_TOKEN, ...spec } })
const bearer = (spec: Partial<typeof PLAIN_TOKEN>) => ({ scheme: 'Bearer ', token: token(spec) })
const development = { type: 'development' } as const
const forgedHandshake = { directives: 'both', inner: token(), token: { ...PLAIN_TOKEN, key: 'other' } } as const

/** A request for each difference, and both answers: `<status> <reason>`, or the message of the error that was thrown. */
const EXAMPLES: Record<string, [input: CaseInput, ours: string, theirs: string | RegExp][]> = {
  'malformed-token': [
    [{ cookies: { session: { malformed: 'null-payload' } } }, 'signed-out token-invalid', /^Cannot/],
    [
      { authorization: { scheme: 'Bearer ', token: { malformed: 'null-header' } } },
      'signed-out token-invalid',
      'signed-out unexpected-error'
    ]
  ],
  'malformed-permissions': [
    [{ authorization: bearer({ claims: 'v2-bad-features' }) }, 'signed-in null', /missing colon/],
    [{ cookies: { session: token({ claims: 'v2-bad-permissions' }) } }, 'signed-in null', 'signed-out unexpected-error']
  ],
  'development-handshake': [
    [
      { instance: development, queryHandshake: forgedHandshake },
      'signed-out token-invalid-signature',
      /Handshake token verification failed/
    ]
  ],
  'unreadable-payload': [
    [{ cookies: { session: token(), handshakeNonce: 'html' } }, 'signed-in null', 'signed-out session-token-missing'],
    [
      { instance: development, query: [['__clerk_handshake_nonce', 'html']], cookies: { session: 'absent' } },
      'signed-out session-token-missing',
      'signed-out session-token-missing'
    ]
  ],
  'malformed-opaque-token': [
    [
      { instance: { acceptsToken: 'api_key' }, authorization: { scheme: 'Bearer ', token: { opaque: 'ak_(=)' } } },
      'signed-out token-invalid',
      'signed-out token-invalid'
    ]
  ],
  'oauth-client-id': [
    [
      {
        instance: { acceptsToken: 'oauth_token' },
        authorization: { scheme: 'Bearer ', token: { opaque: 'oat_clientless' } }
      },
      'signed-in null',
      'signed-in null'
    ]
  ],
  'cors-of-a-bogus-handshake': [
    [
      { query: [['__clerk_handshake_nonce', 'made-up']], cookies: { session: 'absent', clientUat: 'absent' } },
      'signed-out session-token-missing',
      'signed-out session-token-missing'
    ]
  ],
  'return-url': [
    [
      {
        queryHandshake: forgedHandshake,
        secFetchDest: 'document',
        cookies: { session: 'absent', clientUat: `${NOW}` }
      },
      'handshake client-uat-but-no-session-token',
      'handshake client-uat-but-no-session-token'
    ]
  ],
  'sign-in-origin': [
    [
      {
        instance: { deployment: 'satellite-domain' },
        origin: 'https://primary.test',
        cookies: { session: 'absent', clientUat: '0' }
      },
      'signed-out session-token-and-uat-missing',
      /different origin/
    ]
  ],
  'canonical-base64url': [
    [{ cookies: { session: { malformed: 'padded' } } }, 'signed-out token-invalid', 'signed-in null']
  ],
  'satellite-return-url': [
    [
      { instance: development, secFetchDest: 'document', query: [['__clerk_redirect_url', '/relative']] },
      'signed-out primary-responds-to-syncing',
      'Invalid URL'
    ],
    [
      { instance: development, secFetchDest: 'document', query: [['__clerk_redirect_url', 'javascript:alert(1)']] },
      'signed-out primary-responds-to-syncing',
      'handshake primary-responds-to-syncing'
    ]
  ],
  'bearer-scheme': [
    [
      { authorization: { scheme: 'bearer ', token: token({ key: 'other' }) } },
      'signed-out token-invalid-signature',
      'signed-in null'
    ]
  ],
  'unsigned-machine-token': [
    [
      { authorization: bearer({ alg: 'none', sub: 'machine' }) },
      'signed-out token-type-mismatch',
      'signed-out token-invalid-algorithm'
    ]
  ],
  'malformed-audience': [
    [
      { instance: { audience: true }, cookies: { session: token({ aud: 'object' }) } },
      'signed-out token-verification-failed',
      'signed-in null'
    ]
  ],
  'kid-of-a-prototype': [
    [
      { instance: { keys: 'jwks' }, cookies: { session: token({ kid: 'prototype' }) } },
      'signed-out jwk-kid-mismatch',
      'signed-out token-verification-failed'
    ]
  ],
  'token-inside': [
    [
      {
        cookies: {
          session: 'absent',
          clientUat: 'absent',
          handshake: { directives: 'both', inner: token({ cat: 'template' }), token: PLAIN_TOKEN }
        }
      },
      'signed-out session-token-and-uat-missing',
      'signed-in null'
    ]
  ],
  'refresh-of-the-presented-token': [
    [
      {
        authorization: bearer({ time: 'expired', claims: 'no-session' }),
        cookies: { refresh: 'ok', clientUat: `${NOW - 10}` }
      },
      'signed-out session-token-expired-refresh-expired-session-token-missing-sid-claim',
      'signed-in null'
    ]
  ]
}

t.before(() => {
  for (const name of ['log', 'info', 'warn', 'error', 'debug'] as const) t.intercept(console, name, { value: () => {} })
})

for (const { name, reason } of DELIBERATE) {
  t.test(`${name}: ${reason}`, async (t) => {
    t.ok(EXAMPLES[name]?.length, 'has an example')
    for (const [input, expected, expectedOfClerk] of EXAMPLES[name] ?? []) {
      const { ours, theirs } = await askPlainly(caseOf(input), stub.origin)
      t.equal(`${ours.status} ${ours.reason}`, expected)
      const clerk = theirs.threw ?? `${theirs.status} ${theirs.reason}`
      t.match(clerk, expectedOfClerk, 'Clerk answers as the list says')
    }
  })
}

t.test('the README lists every deliberate difference by its name', async (t) => {
  const readme = await readFile(new URL('../../../README.md', import.meta.url), 'utf8')
  for (const { name } of DELIBERATE) t.ok(readme.includes(name), name)
})
