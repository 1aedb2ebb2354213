import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import t from 'tap'
import { requestText, sendRaw, startProxy } from './scene.js'

// HTTP/1.1 clients that hold on to a place of `maxConcurrency`; those of HTTP/2 are in http2.test.ts.

const GET = requestText('GET', '/__clerk/v1/client')
/** More than the buffers of both ends of a connection take from a client that does not read. */
const LARGE = 16_000_000

async function open(port: number, text: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1').on('error', () => {})
  await once(socket, 'connect')
  socket.write(text)
  t.teardown(() => socket.destroy())
  return socket
}

// Longer than a busy machine takes to find the place taken.
const oneAtATime = { proxy: { timeoutInMs: 1500, maxConcurrency: 1 } }

t.test('a body that is left open keeps its place no longer than the time', { timeout: 20_000 }, async (t) => {
  const { port, upstream } = await startProxy(oneAtATime)
  const head = ['POST /__clerk/v1/client HTTP/1.1', 'Host: app.example.com', 'Content-Type: text/plain']
  // Keep-alive, and the client leaves its own side open, too.
  const slow = await open(port, [...head, 'Content-Length: 10', '', 'a'].join('\r\n'))
  let answer = ''
  slow.on('data', (chunk) => {
    answer += chunk
  })
  while (upstream.count === 0) await new Promise((resolve) => setImmediate(resolve))
  t.equal((await sendRaw(port, GET)).status, 503, 'the place is taken')
  await once(slow, 'end')
  t.match(answer, /^HTTP\/1\.1 408 /)
  t.equal((await sendRaw(port, GET)).status, 200, 'and free again')
})

t.test(
  'a client that reads nothing of its answer keeps its place no longer than the time',
  { timeout: 20_000 },
  async (t) => {
    const { port, upstream } = await startProxy(oneAtATime)
    const answerPlainly = upstream.answer
    let hasBegun = false
    upstream.answer = (request, response) => {
      request.resume()
      response.end(Buffer.alloc(LARGE))
      hasBegun = true
    }
    const stuck = await open(port, 'GET /__clerk/v1/client HTTP/1.1\r\nHost: app.example.com\r\n\r\n')
    while (!hasBegun) await new Promise((resolve) => setImmediate(resolve))
    upstream.answer = answerPlainly
    t.equal((await sendRaw(port, GET)).status, 503, 'the place is taken')
    let status = 503
    // By then the time is over: the limit of the test is the limit.
    while (status === 503) ({ status } = await sendRaw(port, GET))
    t.equal(status, 200, 'and free again')
    let bytes = 0
    stuck.on('data', ({ length }) => (bytes += length))
    await once(stuck, 'close')
    t.ok(bytes > 0 && bytes < LARGE, `the answer breaks off after ${bytes} bytes`)
  }
)

t.test(
  'an answer that waits behind another, which its client does not read, keeps no place',
  { timeout: 20_000 },
  async (t) => {
    const { port, upstream } = await startProxy({
      ...oneAtATime,
      routes: (app) => void app.get('/large', { config: { clerk: { public: true } } }, () => Buffer.alloc(LARGE))
    })
    // In one write: Node reads the second request before the first answer fills the connection.
    const head = (path: string) => `GET ${path} HTTP/1.1\r\nHost: app.example.com\r\n\r\n`
    const stuck = await open(port, head('/large') + head('/__clerk/v1/client'))
    while (upstream.received.length === 0) await new Promise((resolve) => setImmediate(resolve))
    t.equal((await sendRaw(port, GET)).status, 503, 'the place is taken, although Clerk has answered')
    let status = 503
    while (status === 503) ({ status } = await sendRaw(port, GET))
    t.equal(status, 200, 'and free again')
    t.notOk(stuck.destroyed)
  }
)
