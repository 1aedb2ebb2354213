import t from 'tap'
import { createKeyStore } from '../../../src/core/jwks/key-store.js'
import { silentLogger } from '../../../src/core/logger.js'
import { jwksSettings } from '../../fixtures/key-store-harness.js'
import { createRsaKey } from '../../fixtures/rsa-keys.js'

const a = createRsaKey('ins_a')
const large = createRsaKey('ins_large', 4096)
const pem = (key: typeof a) => key.publicKey.export({ type: 'spki', format: 'pem' }) as string

function createStore(given: { jwtKey?: string[]; jwks?: { keys: object[] } }) {
  return createKeyStore({
    jwtKey: given.jwtKey ?? [],
    jwks: { ...jwksSettings, ...given.jwks },
    secretKey: 'sk_test_x',
    frontendApi: null,
    apiUrl: 'https://api.clerk.com',
    apiVersion: 'v1',
    now: Date.now,
    fetch: () => {
      throw new Error('no network')
    },
    logger: silentLogger
  })
}

t.test('PEM keys answer every kid, all of them, for ever, and come before any other source', async (t) => {
  const store = createStore({ jwtKey: [pem(a), pem(large)], jwks: { keys: [a.jwk] } })
  for (const kid of [undefined, 'ins_x', '']) {
    const keys = store.find(kid)
    t.match(keys, [
      { kid: null, algorithm: 'RS256', signatureLength: 256, trustedUntilMs: Number.POSITIVE_INFINITY },
      { signatureLength: 512 }
    ])
    t.strictSame(await store.resolve(kid, false), { ok: true, keys })
  }
  t.equal(store.reconsider('x'), false)
  await store.ready()
  t.match(store.health(), { source: 'jwtKey', degraded: false, lastError: null })
  t.equal(store.stats().fetches, 0)
})

t.test('a key set given in code needs no network and is judged like a fetched one', async (t) => {
  const store = createStore({ jwks: { keys: [a.jwk, { ...large.jwk, use: 'enc' }] } })
  let changes = 0
  store.onChange(() => changes++)
  t.ok((await store.resolve('ins_a', true)).ok)
  t.equal(changes, 1)
  t.match(await store.resolve('ins_large', true), { ok: false, reason: 'jwk-kid-mismatch', unavailable: false })
  t.match(await store.resolve(undefined, true), { ok: false, reason: 'jwk-kid-mismatch' })
  t.match(store.health(), { source: 'jwks', kids: ['ins_a'], skippedKeys: { 'not-for-signatures': 1 } })
})

t.test('a given key set without a usable key fails the boot', async (t) => {
  await t.rejects(createStore({ jwks: { keys: [{ ...a.jwk, use: 'enc' }] } }).ready(), {
    code: 'FST_CLERK_NO_INITIAL_KEYS'
  })
})
