import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { createKeyStore } from '../../../src/core/jwks/key-store.js'
import type { KeyResolution, KeyStoreHealth } from '../../../src/core/jwks/types.js'
import { silentLogger } from '../../../src/core/logger.js'
import { jwksSettings } from '../../fixtures/key-store-harness.js'
import { createRsaKey } from '../../fixtures/rsa-keys.js'

// Real sockets and the runtime's own fetch: what a script of Response objects cannot show.

const key = createRsaKey('ins_a')
const body = JSON.stringify({ keys: [key.jwk] })
const TIMEOUT_MS = 1500

async function ask(t: { teardown(run: () => void): void }, listener: RequestListener) {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const store = createKeyStore({
    jwtKey: [],
    jwks: { ...jwksSettings, timeoutInMs: TIMEOUT_MS },
    secretKey: 'sk_test_network',
    frontendApi: null,
    apiUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    apiVersion: 'v1',
    now: Date.now,
    fetch: globalThis.fetch,
    logger: silentLogger
  })
  t.teardown(() => store.close())
  const startedAtMs = performance.now()
  const resolution: KeyResolution = await store.resolve('ins_a', true)
  return { resolution, health: store.health(), waitedMs: performance.now() - startedAtMs }
}

const faults: [string, KeyStoreHealth['lastError'], RequestListener][] = [
  ['hangs', 'timeout', () => {}],
  [
    'drips its answer byte by byte',
    'timeout',
    (_request, response) => {
      let sent = 0
      const drip = setInterval(() => response.write(body[sent++] ?? ' '), 20)
      response.on('close', () => clearInterval(drip))
    }
  ],
  ['resets the connection', 'closed-UND_ERR_SOCKET', (request) => request.socket.destroy()],
  [
    'breaks off in the middle of the body',
    'closed-UND_ERR_SOCKET',
    (request, response) => {
      response.writeHead(200, { 'content-length': body.length })
      response.write(body.slice(0, 100), () => request.socket.destroy())
    }
  ],
  ['ends its body early', 'not-json', (_request, response) => response.end(body.slice(0, 100))],
  [
    'sends a small answer that unpacks to a large one',
    'too-large',
    (_request, response) => {
      response.setHeader('content-encoding', 'gzip')
      response.end(gzipSync(JSON.stringify({ keys: [key.jwk], pad: 'x'.repeat(5_000_000) })))
    }
  ],
  [
    'sends without an end',
    'too-large',
    (_request, response) => {
      const more = () => {
        while (response.write(Buffer.alloc(16_384, 0x20)));
      }
      response.on('drain', more)
      more()
    }
  ],
  [
    'redirects to another host',
    'redirect',
    (_request, response) => response.writeHead(302, { location: 'http://localhost:1/v1/jwks' }).end()
  ],
  [
    'redirects in a circle',
    'redirect',
    (request, response) => response.writeHead(307, { location: request.url }).end()
  ],
  ['has an error', 'http-500', (_request, response) => response.writeHead(500).end('<html>')],
  ['is no HTTP server', 'not-http', (request) => request.socket.end('SSH-2.0-x\r\n')]
]

for (const [name, failure, listener] of faults) {
  t.test(`an endpoint that ${name} is answered "cannot tell" in time: ${failure}`, async (t) => {
    const { resolution, health, waitedMs } = await ask(t, listener)
    t.match(resolution, { ok: false, reason: 'jwk-remote-failed-to-load', unavailable: true })
    t.match(health, { lastError: failure, degraded: true })
    // The deadline, and room for a busy machine.
    t.ok(waitedMs < TIMEOUT_MS + 2000, `${waitedMs} ms`)
  })
}

t.test('an endpoint that answers well is believed, redirected on its own host and packed or not', async (t) => {
  for (const listener of [
    (_request, response) => response.end(body),
    (_request, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(body)),
    (request, response) =>
      request.url === '/v1/jwks' ? response.writeHead(301, { location: '/elsewhere' }).end() : response.end(body)
  ] satisfies RequestListener[]) {
    const { resolution } = await ask(t, listener)
    t.ok(resolution.ok)
  }
})
