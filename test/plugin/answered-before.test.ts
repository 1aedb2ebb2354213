import Fastify from 'fastify'
import t from 'tap'
import clerkAuth, { requestSerializer } from '../../src/index.js'
import { createLocalClerk } from '../../src/local/index.js'

// An answer that is there before authentication has ended, as that of a timeout.

t.test('a handshake that ends after the answer writes no line with its token', async (t) => {
  const clerk = await createLocalClerk({ instanceType: 'development', handshakeFormat: 'token' })
  t.teardown(() => clerk.close())
  const frontendApi = await clerk.listen()
  let release = () => {}
  const isReleased = new Promise<void>((resolve) => {
    release = resolve
  })
  const lines: string[] = []
  const fastify = Fastify({
    handlerTimeout: 100,
    logger: { serializers: { req: requestSerializer }, stream: { write: (line) => void lines.push(line) } }
  })
  t.teardown(() => fastify.close())
  const fetchSlowly: typeof fetch = async (input, init) => {
    await isReleased
    return clerk.fetch(input, init)
  }
  await fastify.register(clerkAuth, clerk.pluginOptions({ jwtKey: null, jwks: { warmUp: false }, fetch: fetchSlowly }))
  fastify.get('/', ({ auth }) => auth.userId)
  const url = await fastify.listen({ port: 0, host: '127.0.0.1' })
  const headers = { accept: 'text/html', 'sec-fetch-dest': 'document' }
  const open = (location: string) => fetch(location, { redirect: 'manual', headers })
  const toClerk = new URL((await open(url)).headers.get('location') as string)
  const back = (await open(frontendApi + toClerk.pathname + toClerk.search)).headers.get('location') as string
  const token = new URL(back).searchParams.get('__clerk_handshake') as string
  t.match(token, /^ey/)

  const decided = () => {
    const { signedIn, signedOut, handshakes } = fastify.clerk.stats()
    return signedIn + signedOut + handshakes
  }
  const before = decided()
  t.equal((await open(back)).status, 503, 'the timeout')
  release()
  while (decided() === before) await new Promise((resolve) => setTimeout(resolve, 5))
  await new Promise((resolve) => setTimeout(resolve, 50))
  t.ok(lines.length > 0)
  t.strictSame(
    lines.filter((line) => line.includes(token)),
    []
  )
})
