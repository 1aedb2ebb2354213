import t from 'tap'
import { createRedaction } from '../../../src/cli/doctor/redaction.js'

// No part of a report is meant to hold a secret. Were one to slip in, it would not be printed.

const TOKEN = `eyJ${'a'.repeat(40)}.eyJ${'b'.repeat(40)}.${'c'.repeat(40)}`

t.test('what looks like a secret is not printed', async (t) => {
  const { apply } = createRedaction({})
  for (const [text, shown] of [
    ['key sk_live_abcdefgh, and more', 'key sk_live_[hidden], and more'],
    ['sk_test_abcdefgh', 'sk_test_[hidden]'],
    ['whsec_abcd/efgh=', 'whsec_[hidden]'],
    ['ak_abcdefgh mt_abcdefgh oat_abcdefgh', 'ak_[hidden] mt_[hidden] oat_[hidden]'],
    [`token ${TOKEN}.`, 'token [hidden]'],
    [
      '__session_naoXFJnI=abc; __clerk_db_jwt=def; other=1',
      '__session_naoXFJnI=[hidden]; __clerk_db_jwt=[hidden]; other=1'
    ],
    ['/?__clerk_handshake_nonce=abc&p=1', '/?__clerk_handshake_nonce=[hidden]&p=1'],
    ['redis://user:hunter2@host:6379', 'redis://user:[hidden]@host:6379'],
    ['Authorization: Basic YWRtaW46aHVudGVyMg==', 'Authorization: Basic [hidden]'],
    [
      'pk_live_Y2xlcmsuZXhhbXBsZS5jb20k at https://clerk.example.com',
      'pk_live_Y2xlcmsuZXhhbXBsZS5jb20k at https://clerk.example.com'
    ]
  ] as const) {
    t.equal(apply(text), shown)
  }
})

t.test('secrets of the environment, and what was read, are not printed', async (t) => {
  const env: Record<string, string> = { DATABASE_PASSWORD: 'hunter2hunter2', HOST: 'localhost:3000' }
  const redaction = createRedaction(env)
  redaction.hide('pasted-text')
  env.SESSION_SECRET = 'added-by-a-file'
  t.equal(
    redaction.apply('hunter2hunter2 localhost:3000 pasted-text added-by-a-file'),
    '[hidden] localhost:3000 [hidden] [hidden]'
  )
})
