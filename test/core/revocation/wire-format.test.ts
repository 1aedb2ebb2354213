import t from 'tap'
import type { Revocation } from '../../../src/core/revocation/revocation.js'
import { parseRevocation, serializeRevocation } from '../../../src/core/revocation/wire-format.js'

const atMs = 1_700_000_000_000

/** The form of each kind is fixed: processes of other versions read it. */
const FORMS: readonly (readonly [Revocation, readonly unknown[]])[] = [
  [{ kind: 'session', id: 'sess_1', atMs }, ['sess_1', null, null, atMs]],
  [{ kind: 'user', id: 'user_1', atMs }, [null, 'user_1', null, atMs]],
  [{ kind: 'membership', organizationId: 'org_1', userId: 'user_1', atMs }, [null, 'user_1', 'org_1', atMs]],
  [{ kind: 'all-sessions', atMs }, [null, null, null, atMs]],
  [{ kind: 'organization', id: 'org_1', atMs }, [2, 'organization', 'org_1', atMs]],
  [{ kind: 'user-sessions', id: 'user_1', atMs }, [2, 'user-sessions', 'user_1', atMs]],
  [{ kind: 'organization-sessions', id: 'org_1', atMs }, [2, 'organization-sessions', 'org_1', atMs]],
  [{ kind: 'token', id: 'ak_1', atMs }, [2, 'token', 'ak_1', atMs]],
  [{ kind: 'client', id: 'client_1', atMs }, [2, 'client', 'client_1', atMs]],
  [{ kind: 'all-machines', atMs }, [2, 'all-machines', null, atMs]],
  [{ kind: 'all-machine-jwts', atMs }, [2, 'all-machine-jwts', null, atMs]]
]

t.test('each kind has one form, and is read back as a value and as text', async (t) => {
  for (const [revocation, form] of FORMS) {
    t.strictSame(serializeRevocation(revocation), form, revocation.kind)
    t.strictSame(parseRevocation(form), revocation, `${revocation.kind}, value`)
    t.strictSame(parseRevocation(JSON.stringify(form)), revocation, `${revocation.kind}, text`)
  }
})

t.test('rows of a later version or kind, and junk, are nothing', async (t) => {
  const rows: unknown[] = [
    [3, 'user', 'user_1', atMs],
    [2, 'country', 'AQ', atMs],
    [2, 'user', 'user_1', atMs],
    [2, 'session', 'sess_1', atMs],
    [2, 'toString', 'x', atMs],
    [2, 'organization', 'org_1', 'member', atMs],
    [2, 'organization', '', atMs],
    [2, 'organization', null, atMs],
    [2, 'organization', 7, atMs],
    [2, 'organization', 'o'.repeat(257), atMs],
    [2, 'all-machines', 'x', atMs],
    [2, null, null, atMs],
    [null, null, null, atMs, null],
    [true, null, null, atMs],
    null,
    {},
    [],
    'x',
    '"x"',
    ['sess_1', null, null],
    ['sess_1', null, null, '1'],
    ['sess_1', null, null, Number.NaN],
    ['sess_1', 'user_1', null, atMs],
    [null, null, 'org_1', atMs],
    ['', null, null, atMs],
    ['s'.repeat(1000), null, null, atMs]
  ]
  for (const row of rows) t.equal(parseRevocation(row), null, JSON.stringify(row))
})
