import t from 'tap'
import { createTokenVerifier } from '../../src/index.js'
import { createLocalClerk } from '../../src/local/index.js'
import { signingKey } from '../fixtures/app.js'

t.test('two verifiers of one token share nothing of it', async (t) => {
  const clerk = await createLocalClerk({ signingKey })
  t.teardown(() => clerk.close())
  const token = clerk.signSessionToken({ userId: 'user_1', claims: { nested: { list: [1] } } })
  const [one, other] = await Promise.all(
    [0, 1].map(async () => {
      const verifier = createTokenVerifier(clerk.pluginOptions())
      t.teardown(() => verifier.close())
      const result = await verifier.verify(token)
      if (!result.ok) throw new Error(result.reason)
      return result
    })
  )
  t.strictSame(one?.claims, other?.claims)
  t.not(one?.claims, other?.claims)
  t.not(one?.auth, other?.auth)
  t.not(one?.claims.nested, other?.claims.nested)
})
