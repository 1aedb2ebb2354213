import t from 'tap'
import { askBoth } from './ask.js'
import { startBackendStub } from './backend-stub.js'
import { type CaseInput, caseOf } from './case.js'
import { compare } from './compare.js'
import { explanation } from './deliberate.js'
import { closeServers } from './ours.js'
import { NOW, PLAIN_TOKEN, type TokenSpec } from './tokens.js'

// Named cases, one or more for each part of the decision, sent to both sides.

const stub = await startBackendStub()
t.teardown(async () => {
  await closeServers()
  stub.close()
})

const DOCUMENT = { secFetchDest: 'document' } as const
const token = (spec: Partial<TokenSpec> = {}) => ({ token: { ...PLAIN_TOKEN, ...spec } })
const expired = token({ time: 'expired' })
const longAgo = `${NOW - 100_000}`
const development = { type: 'development' } as const
const NONE = { session: 'absent', clientUat: 'absent' } as const

/** `differs`: the deliberate difference that explains what the two sides say otherwise. */
const EXAMPLES: [name: string, input: CaseInput, answer: string, differs?: string][] = [
  ['nothing', { cookies: NONE }, 'signed-out session-token-and-uat-missing'],
  ['a token with its timestamp', {}, 'signed-in null'],
  [
    'a token without a timestamp, page',
    { ...DOCUMENT, cookies: { clientUat: 'absent' } },
    'handshake session-token-but-no-client-uat'
  ],
  [
    'a token without a timestamp, fetch',
    { secFetchDest: 'empty', cookies: { clientUat: 'absent' } },
    'signed-out session-token-but-no-client-uat'
  ],
  [
    'a token older than the last change',
    { ...DOCUMENT, cookies: { clientUat: `${NOW + 1}` } },
    'handshake session-token-iat-before-client-uat'
  ],
  [
    'an expired token, page',
    { ...DOCUMENT, cookies: { session: expired, clientUat: longAgo } },
    'handshake session-token-expired-refresh-non-eligible-no-refresh-cookie'
  ],
  [
    'an expired token, HEAD',
    { method: 'HEAD', cookies: { session: expired, clientUat: longAgo } },
    'signed-out session-token-expired-refresh-non-eligible-non-get'
  ],
  [
    'an expired token with a refresh token, fetch',
    { secFetchDest: 'empty', cookies: { session: expired, clientUat: longAgo, refresh: 'ok' } },
    'signed-in null'
  ],
  [
    'an expired token after three redirects',
    { ...DOCUMENT, cookies: { session: expired, clientUat: longAgo, redirectCount: '3' } },
    'signed-out session-token-expired-refresh-non-eligible-no-refresh-cookie'
  ],
  [
    'an expired token after four redirects',
    { ...DOCUMENT, cookies: { session: expired, clientUat: longAgo, redirectCount: '4' } },
    'handshake session-token-expired-refresh-non-eligible-no-refresh-cookie'
  ],
  ['garbage', { cookies: { session: { malformed: 'word' } } }, 'signed-out token-invalid'],
  [
    'a token of another issuer, nothing suffixed',
    { cookies: { session: token({ iss: 'foreign' }) } },
    'signed-out session-token-and-uat-missing'
  ],
  [
    'a template token in a cookie',
    { cookies: { session: token({ cat: 'template' }) } },
    'signed-out token-type-mismatch'
  ],
  [
    'a template token in the header',
    { authorization: { scheme: 'Bearer ', token: token({ cat: 'template' }) } },
    'signed-out token-type-mismatch'
  ],
  [
    'a forged token that has expired',
    { cookies: { session: token({ key: 'other', time: 'expired' }), clientUat: longAgo } },
    'signed-out token-invalid-signature'
  ],
  [
    'a page reached from another site',
    { ...DOCUMENT, referer: 'https://other.test/' },
    'handshake primary-domain-cross-origin-sync'
  ],
  [
    'a page reached from the account portal',
    { ...DOCUMENT, referer: 'https://accounts.example.com/' },
    'signed-in null'
  ],
  [
    'Basic in the header, good cookies',
    { authorization: { scheme: 'Basic ', token: { opaque: 'x' } } },
    'signed-in null'
  ],
  [
    'a stale nonce next to good cookies',
    { cookies: { handshakeNonce: 'gone' } },
    'signed-out session-token-missing',
    'cors-of-a-bogus-handshake'
  ],
  [
    'an expired handshake token with a good token inside',
    {
      cookies: {
        ...NONE,
        handshake: { directives: 'both', inner: token(), token: { ...PLAIN_TOKEN, time: 'long-expired' } }
      }
    },
    'signed-in null'
  ],
  [
    'development, first visit, page',
    { ...DOCUMENT, instance: development, cookies: NONE },
    'handshake dev-browser-missing'
  ],
  ['development, first visit, fetch', { instance: development, cookies: NONE }, 'signed-out dev-browser-missing'],
  [
    'development, a new dev browser, page',
    { ...DOCUMENT, instance: development, cookies: NONE, query: [['__clerk_db_jwt', 'new']] },
    'handshake dev-browser-sync'
  ],
  [
    'development, a new dev browser, fetch',
    { instance: development, cookies: NONE, query: [['__clerk_db_jwt', 'new']] },
    'signed-out dev-browser-sync'
  ],
  [
    'development, a satellite asks',
    {
      ...DOCUMENT,
      instance: development,
      cookies: { ...NONE, devBrowser: 'd' },
      query: [['__clerk_redirect_url', 'https://sat.test/x?__clerk_synced=false']]
    },
    'handshake primary-responds-to-syncing'
  ]
]

t.before(() => {
  for (const name of ['log', 'info', 'warn', 'error', 'debug'] as const) t.intercept(console, name, { value: () => {} })
})

for (const [name, input, answer, differs] of EXAMPLES) {
  t.test(name, async (t) => {
    const one = caseOf(input)
    const { ours, theirs } = await askBoth(one, stub.origin)
    t.equal(`${ours.status} ${ours.reason}`, answer)
    if (differs === undefined) t.same(compare(ours, theirs), [])
    else t.equal(explanation(one, ours, theirs)?.name, differs)
  })
}
