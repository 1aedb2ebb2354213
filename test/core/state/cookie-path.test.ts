import t from 'tap'
import { createScene, DOCUMENT, type FakeToken, NOW } from '../../fixtures/state-scene.js'

const TOKENS: Record<string, FakeToken> = {
  good: {}
}

const signedInCookies = { session: 'good', clientUat: `${NOW - 10}` }

t.test('without a publishable key cookies are not read, and a cookie that comes learns why', async (t) => {
  const scene = createScene({ instanceType: null, frontendApi: null, originalFrontendApi: null }, TOKENS)
  t.match(await scene.decide({ ...DOCUMENT, cookies: signedInCookies }), {
    status: 'signed-out',
    reason: 'session-token-and-uat-missing',
    message: /publishableKey/
  })
  for (const cookies of [{ session: 'good' }, { clientUat: '5' }]) {
    t.match((await scene.decide({ cookies })).message, 'publishableKey')
  }
  t.equal((await scene.decide(DOCUMENT)).message, '')
})
