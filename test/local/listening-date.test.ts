import t from 'tap'
import { createLocalClerk } from '../../src/local/index.js'

t.test('a local Clerk that listens tells the time of its clock', async (t) => {
  const nowMs = Date.UTC(2031, 4, 5, 6, 7, 8)
  const clerk = await createLocalClerk({ now: () => nowMs })
  t.teardown(() => clerk.close())
  const origin = await clerk.listen()
  for (const path of ['/.well-known/jwks.json', '/nothing-here']) {
    const response = await fetch(new URL(path, origin))
    await response.arrayBuffer()
    t.equal(response.headers.get('date'), 'Mon, 05 May 2031 06:07:08 GMT', path)
  }
})
