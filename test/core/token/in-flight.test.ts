import t from 'tap'
import { Later } from '../../../src/core/later.js'
import { createInFlight } from '../../../src/core/token/in-flight.js'
import { failureFor, type VerificationOutcome } from '../../../src/core/token/outcome.js'
import { hashOfTail } from '../../../src/core/token/tail.js'
import type { UnverifiedToken } from '../../../src/core/token/unverified-token.js'
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

t.test('of tokens with the same tail the latest is found, and no other is compared', async (t) => {
  const inFlight = createInFlight()
  let compared = 0
  const tokens = Array.from({ length: 100 }, (_, n) => tokenOf(`${n}.payload.signature-of-it`))
  for (const token of tokens) {
    const { text } = token
    Object.defineProperty(token, 'text', {
      get() {
        compared++
        return text
      }
    })
    inFlight.add(token, outcome())
  }
  compared = 0
  t.equal(inFlight.find('other.payload.signature-of-it'), null)
  t.ok(compared <= 1, `${compared} compared`)
  t.equal(inFlight.find('99.payload.signature-of-it'), tokens[99])
})

t.test('of tokens with one bucket no more are shared than are looked through in no time', async (t) => {
  const inFlight = createInFlight()
  const answers: Later<VerificationOutcome>[] = []
  const tokens: UnverifiedToken[] = []
  const hashes = new Set<number>()
  for (let n = 0; tokens.length < 400; n++) {
    const token = tokenOf(`h.p.${n.toString(36).padStart(11, 's')}A`)
    const hash = hashOfTail(token.text)
    if ((hash & 511) !== 0 || hashes.has(hash)) continue
    hashes.add(hash)
    const answer = outcome()
    inFlight.add(token, answer)
    tokens.push(token)
    answers.push(answer)
  }
  const found = tokens.filter((token) => inFlight.find(token.text) === token)
  t.equal(found.length, 256)
  t.equal(tokens.filter((token) => token.pending !== null).length, 256, 'the others are verified by themselves')
  for (const answer of answers) answer.settle(refused)
  t.same(
    tokens.filter((token) => token.pending !== null || inFlight.find(token.text) !== null),
    []
  )
  const [token] = tokens
  if (token === undefined) throw new Error('no token')
  inFlight.add(token, outcome())
  t.equal(inFlight.find(token.text), token, 'there is room again')
})
