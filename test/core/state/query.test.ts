import fc from 'fast-check'
import t from 'tap'
import { publicUrl } from '../../../src/core/request/public-url.js'
import { mayNameClerkParameter, readClerkQuery } from '../../../src/core/state/query.js'
import { carriedOf } from '../../fixtures/state-scene.js'

const NAMES = [
  '__clerk_db_jwt',
  '__clerk_handshake',
  '__clerk_handshake_nonce',
  '__clerk_synced',
  '__clerk_redirect_url'
]

/** Whether a full parse of the target finds one of the names. */
function namesOne(target: string): boolean {
  const { searchParams } = publicUrl('https', 'app.example.com', target)
  return NAMES.some((name) => searchParams.has(name))
}

const encoded = (char: string, upper: boolean): string => {
  const hex = char.charCodeAt(0).toString(16)
  return `%${upper ? hex.toUpperCase() : hex}`
}

/** A name with any of its characters percent-encoded, in hexadecimal digits of either case. */
const spelling = fc
  .constantFrom(...NAMES, '__clerk_other', '__clerk', 'clerk_synced', 'q')
  .chain((name) =>
    fc
      .array(fc.constantFrom('plain', 'plain', 'upper', 'lower'), { minLength: name.length, maxLength: name.length })
      .map((how) =>
        [...name].map((char, i) => (how[i] === 'plain' ? char : encoded(char, how[i] === 'upper'))).join('')
      )
  )

const target = fc
  .record({
    path: fc.constantFrom('/', '/a?', '/__clerk_synced', '/%5F', '/a#?', 'http://x.test/'),
    pairs: fc.array(fc.tuple(spelling, fc.constantFrom('', '=', '=1', '=%20', '=%5f')), { maxLength: 4 }),
    separator: fc.constantFrom('&', '&&', ';', '?', '+')
  })
  .map(({ path, pairs, separator }) => `${path}?${pairs.map(([name, value]) => name + value).join(separator)}`)

t.test('no query that names a parameter of Clerk is passed over, however it is spelt', async (t) => {
  let named = 0
  fc.assert(
    fc.property(target, (text) => {
      if (!namesOne(text)) return true
      named++
      return mayNameClerkParameter(text)
    }),
    { numRuns: 5000, seed: 3 }
  )
  t.ok(named > 1000, `${named} of 5000 named one`)
})

t.test('plain queries stay on the hot path', async (t) => {
  for (const text of ['/', '/?', '/?a=1&b=%20c', '/?a=%3D%4A', '/__clerk_db_jwt', '/%5F%6C?a=b', '/?clerk_synced=1']) {
    t.notOk(mayNameClerkParameter(text), text)
  }
})

t.test('the parameters of a query that may name one are read from the URL', async (t) => {
  const at = (query: string) => readClerkQuery(carriedOf({ url: `https://app.example.com/${query}` }))
  t.match(at('?__clerk_synced=true&__clerk_db_jwt='), { synced: 'true', devBrowser: '', hasDevBrowser: true })
  t.match(at('?%5F%5fclerk%5Fsynced=false'), { synced: 'false', hasDevBrowser: false })
  t.match(at('?a=__clerk_synced'), { synced: '', hasDevBrowser: false })
  t.equal(at('?a=1'), at('?b=2'), 'a plain query costs no object')
})
