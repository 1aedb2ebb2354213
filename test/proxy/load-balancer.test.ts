import { once } from 'node:events'
import { connect } from 'node:net'
import t from 'tap'
import { type Answer, parseAnswer, requestText, startProxy } from './scene.js'

// Behind a load balancer at 127.0.0.2, whom `trustProxy` names. Connections from 127.0.0.1 are of strangers who have found the
// server's own address. Over real sockets, since the address of a connection is all that tells the two apart.

const BALANCER = '127.0.0.2'
const STRANGER = '127.0.0.1'

async function sendFrom(localAddress: string, port: number, headers: readonly string[]): Promise<Answer> {
  const socket = connect({ host: '127.0.0.1', port, localAddress })
  let raw = ''
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    raw += chunk
  })
  socket.write(requestText('GET', '/__clerk/v1/client', headers))
  await once(socket, 'close')
  return parseAnswer(raw)
}

const claims = [
  'X-Forwarded-For: 203.0.113.7, 198.51.100.9',
  'X-Forwarded-Host: evil.test',
  'X-Forwarded-Proto: https',
  'X-Forwarded-Port: 1',
  'X-Forwarded-Prefix: /evil',
  'X-Real-Ip: 203.0.113.7',
  'True-Client-Ip: 203.0.113.7',
  'Cf-Connecting-Ip: 203.0.113.7',
  'Forwarded: for=203.0.113.7;host=evil.test;proto=https',
  'Clerk-Proxy-Url: https://evil.test/__clerk',
  'Clerk-Secret-Key: sk_live_evil',
  'X-Clerk-Anything: 1'
]

function forwarded(headers: readonly (readonly [string, string])[]) {
  return Object.fromEntries(
    headers.filter(([name]) => /forwarded|^clerk-proxy-url$|-ip$|^x-clerk|^host$/.test(name)).sort()
  )
}

t.test('what a stranger says of the way a request took is not handed on', async (t) => {
  const { upstream, port } = await startProxy({ server: { trustProxy: BALANCER } })
  t.equal((await sendFrom(STRANGER, port, claims)).status, 200)
  const headers = upstream.received[0]?.headers ?? []
  t.strictSame(forwarded(headers), {
    'clerk-proxy-url': 'http://app.example.com/__clerk',
    host: new URL(upstream.url).host,
    'x-forwarded-for': STRANGER,
    'x-forwarded-host': 'app.example.com',
    'x-forwarded-proto': 'http'
  })
  t.notMatch(JSON.stringify(headers), /evil|203\.0\.113|198\.51\.100/)
})

t.test('what the load balancer says counts as far as it vouches for it', async (t) => {
  const { upstream, port } = await startProxy({ server: { trustProxy: BALANCER } })
  const said = [
    'X-Forwarded-For: 203.0.113.7, 198.51.100.9',
    'X-Forwarded-Host: shop.example',
    'X-Forwarded-Proto: https'
  ]
  t.equal((await sendFrom(BALANCER, port, said)).status, 200)
  t.strictSame(forwarded(upstream.received[0]?.headers ?? []), {
    'clerk-proxy-url': 'https://shop.example/__clerk',
    host: new URL(upstream.url).host,
    // The last address is that which the balancer saw; the first is what the client told it.
    'x-forwarded-for': '198.51.100.9',
    'x-forwarded-host': 'shop.example',
    'x-forwarded-proto': 'https'
  })
})

t.test('an absolute proxyUrl leaves nothing to either of them but the address', async (t) => {
  const proxyUrl = 'https://app.example.com/__clerk'
  const { upstream, port } = await startProxy({ server: { trustProxy: BALANCER }, plugin: { proxyUrl } })
  for (const address of [STRANGER, BALANCER]) {
    await sendFrom(address, port, claims)
    t.match(forwarded(upstream.received.at(-1)?.headers ?? []), {
      'clerk-proxy-url': proxyUrl,
      'x-forwarded-for': address === STRANGER ? STRANGER : '198.51.100.9',
      'x-forwarded-host': 'app.example.com',
      'x-forwarded-proto': 'https'
    })
  }
})
