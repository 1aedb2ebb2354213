import t from 'tap'
import { createInFlight } from '../../../src/core/token/in-flight.js'
import { failureFor, type VerificationOutcome } from '../../../src/core/token/outcome.js'
import { unverifiedOf } from '../../fixtures/unverified-token.js'

const outcome = (): Promise<VerificationOutcome> => Promise.resolve(failureFor('token-invalid-signature'))
const tokenOf = (text: string) => unverifiedOf(text, { header: {}, claims: {} })

t.test('a token is found by its whole text while it is verified, and holds the answer', async (t) => {
  const inFlight = createInFlight()
  const token = tokenOf('header.payload.signature-of-it')
  t.equal(inFlight.find(token.text), null)
  const answer = outcome()
  inFlight.add(token, answer)
  t.equal(inFlight.find(`${token.text}`), token)
  t.equal(token.pending, answer)
  t.equal(inFlight.find('header.another.signature-of-it'), null, 'not by its tail')
  inFlight.forget(token)
  t.equal(inFlight.find(token.text), null)
  t.equal(token.pending, null)
})

t.test('the end of one verification leaves that of a token with the same tail', async (t) => {
  const inFlight = createInFlight()
  const [earlier, later] = [tokenOf('one.payload.signature-of-it'), tokenOf('two.payload.signature-of-it')]
  inFlight.add(earlier, outcome())
  inFlight.add(later, outcome())
  inFlight.forget(earlier)
  t.equal(inFlight.find(later.text), later)
  t.not(later.pending, null)
  inFlight.forget(later)
  t.equal(inFlight.find(later.text), null)
})
