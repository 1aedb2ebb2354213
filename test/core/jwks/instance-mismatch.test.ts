import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import t from 'tap'
import { areOfDifferentInstances, materialOf, mismatchText } from '../../../src/core/jwks/instance-mismatch.js'
import { createPublicJwk, createRsaKey } from '../../fixtures/rsa-keys.js'

const [a, b, c] = [0, 1, 2].map((index) => createPublicJwk(index).jwk as { n: string; e: string })

t.test('key sets are of different instances if they share no key', async (t) => {
  if (a === undefined || b === undefined || c === undefined) throw new Error('three keys')
  t.equal(areOfDifferentInstances([a], [b]), true)
  t.equal(areOfDifferentInstances([a, b], [c]), true)
  t.equal(areOfDifferentInstances([a], [a]), false)
  t.equal(areOfDifferentInstances([a, b], [b, c]), false, 'a rotation: the old and the new key are both published')
  t.equal(areOfDifferentInstances([a], [{ ...b, e: a.e, n: a.n }]), false, 'whatever its kid')
  t.equal(areOfDifferentInstances([], [a]), false, 'nothing is known of an empty set')
  t.equal(areOfDifferentInstances([a], []), false)
})

t.test('a key from a PEM is compared with those of a set', async (t) => {
  const { publicKey, jwk } = createRsaKey('ins_1')
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const material = materialOf(createPublicKey(pem))
  t.same(material, { n: jwk.n, e: jwk.e })
  t.equal(areOfDifferentInstances([jwk], material === null ? [] : [material]), false)
  t.equal(materialOf(generateKeyPairSync('ed25519').publicKey), null)
})

t.test('the text names both options, and their variables', async (t) => {
  const text = mismatchText({ options: ['publishableKey', 'secretKey'] })
  t.match(
    text,
    /^publishableKey \(CLERK_PUBLISHABLE_KEY\) and secretKey \(CLERK_SECRET_KEY\) belong to different Clerk inst/
  )
})
