import t from 'tap'
import { Later } from '../../../src/core/later.js'
import { createInFlight } from '../../../src/core/token/in-flight.js'
import { failureFor, type VerificationOutcome } from '../../../src/core/token/outcome.js'
import { unverifiedOf } from '../../fixtures/unverified-token.js'

const outcome = () => new Later<VerificationOutcome>()
const refused = failureFor('token-invalid-signature')
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
  answer.settle(refused)
  t.equal(inFlight.find(token.text), null)
  t.equal(token.pending, null)
  const failing = outcome()
  inFlight.add(token, failing)
  failing.listen(
    () => t.fail('it has no value'),
    () => t.equal(inFlight.find(token.text), null, 'forgotten before anybody is told')
  )
  failing.fail(new Error('no thread'))
})

t.test('the end of one verification leaves that of a token with the same tail', async (t) => {
  const inFlight = createInFlight()
  const [earlier, later] = [tokenOf('one.payload.signature-of-it'), tokenOf('two.payload.signature-of-it')]
  const [first, second] = [outcome(), outcome()]
  inFlight.add(earlier, first)
  inFlight.add(later, second)
  first.settle(refused)
  t.equal(inFlight.find(later.text), later)
  t.not(later.pending, null)
  second.settle(refused)
  t.equal(inFlight.find(later.text), null)
})
