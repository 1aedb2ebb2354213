import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { ProxyAgent, fetch as undiciFetch } from 'undici'
import { explainFetchFailure } from '../../../src/core/fetch-cause.js'
import { createTokenVerifier } from '../../../src/index.js'
import { createLocalClerk } from '../../../src/local/index.js'
import { startConnectProxy } from '../../fixtures/connect-proxy.js'
import { freePort } from '../../fixtures/ports.js'
import { killProgram, untilListening } from '../../fixtures/programs.js'

// Calls to Clerk through a forward proxy, by the option `fetch`, as the manual shows it; over real sockets.

/** The verdict on a good token, with keys fetched through the proxy, and the key store's health. */
async function verifyThrough(t: Test, proxyUrl: string) {
  const clerk = await createLocalClerk()
  const dispatcher = new ProxyAgent(proxyUrl)
  const fetch = ((resource: string, init: object) =>
    undiciFetch(resource, { ...init, dispatcher })) as unknown as typeof globalThis.fetch
  const { publishableKey, secretKey } = clerk.pluginOptions()
  const verifier = createTokenVerifier({ publishableKey, secretKey, jwtKey: null, apiUrl: await clerk.listen(), fetch })
  t.teardown(async () => {
    await verifier.close()
    await dispatcher.destroy()
    await clerk.close()
  })
  const result = await verifier.verify(clerk.signSessionToken())
  return { result, lastError: verifier.health().keys.lastError, host: new URL(await clerk.listen()).host }
}

t.test('keys come through the proxy', async (t) => {
  const proxy = await startConnectProxy(t)
  const { result, lastError, host } = await verifyThrough(t, proxy.url)
  t.equal(result.ok, true)
  t.equal(lastError, null)
  t.strictSame(proxy.connects(), [host])
})

t.test('a proxy that does not let the server out is told from Clerk that is away', async (t) => {
  for (const status of [403, 407, 502]) {
    const { result, lastError } = await verifyThrough(t, (await startConnectProxy(t, status)).url)
    t.match(result, { ok: false, reason: 'jwk-remote-failed-to-load' })
    t.equal(lastError, 'proxy-UND_ERR_ABORTED', String(status))
  }
  const { lastError } = await verifyThrough(t, `http://127.0.0.1:${await freePort()}`)
  t.equal(lastError, 'refused-ECONNREFUSED')
})

t.test('an address that is no proxy is told by what it answers, and the cure names the proxy', async (t) => {
  const server = net.createServer((socket) =>
    socket.on('error', () => {}).once('data', () => socket.end('SSH-2.0-OpenSSH_9.9\r\n'))
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const { lastError } = await verifyThrough(t, `http://127.0.0.1:${(server.address() as net.AddressInfo).port}`)
  t.match(lastError, /^not-http(-HPE_INVALID_CONSTANT)?$/)
  t.match(explainFetchFailure(lastError ?? '').cure, /host and port of apiUrl, and those of the proxy/)
})

const hasTinyproxy = spawnSync('tinyproxy', ['-v']).status === 0

t.test('keys come through tinyproxy', { skip: hasTinyproxy ? false : 'tinyproxy is not installed' }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'tinyproxy-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const port = await freePort()
  const config = join(folder, 'tinyproxy.conf')
  writeFileSync(config, `Port ${port}\nListen 127.0.0.1\nAllow 127.0.0.1\nTimeout 10\n`)
  const proxy = spawn('tinyproxy', ['-d', '-c', config], { stdio: 'ignore' })
  t.teardown(() => killProgram(proxy))
  await untilListening(proxy, port)
  const { result } = await verifyThrough(t, `http://127.0.0.1:${port}`)
  t.equal(result.ok, true)
})
