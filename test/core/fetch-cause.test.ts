import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import net from 'node:net'
import t from 'tap'
import { causeSentences, explainFetchFailure, FETCH_CAUSES, networkFailureOf } from '../../src/core/fetch-cause.js'
import { createLocalClerk } from '../../src/local/index.js'

/** The failure that the runtime's own `fetch` is read as. */
async function failureOf(url: string): Promise<string> {
  return fetch(url).then(
    () => 'answered',
    (error: unknown) => networkFailureOf(error)
  )
}

t.test('errors of the runtime are told apart, over real sockets', async (t) => {
  const closed = net.createServer().listen(0, '127.0.0.1')
  await once(closed, 'listening')
  const { port } = closed.address() as net.AddressInfo
  closed.close()
  await once(closed, 'close')
  t.equal(await failureOf(`http://127.0.0.1:${port}`), 'refused-ECONNREFUSED')
  t.match(await failureOf('http://no-such-host.invalid'), /^dns-(ENOTFOUND|EAI_AGAIN)$/)

  const plain = net.createServer((socket) =>
    socket.on('error', () => {}).once('data', () => socket.end('SSH-2.0-x\r\n'))
  )
  plain.listen(0, '127.0.0.1')
  await once(plain, 'listening')
  t.teardown(() => plain.close())
  const address = `127.0.0.1:${(plain.address() as net.AddressInfo).port}`
  t.match(await failureOf(`http://${address}`), /^not-http(-HPE_INVALID_CONSTANT)?$/)
  t.match(await failureOf(`https://${address}`), /^tls(-ERR_SSL_[A-Z_]+)?$/)

  const clerk = await createLocalClerk()
  const url = await clerk.listen({ tls: true })
  t.teardown(() => clerk.close())
  t.match(
    await failureOf(url),
    /^certificate-(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_VERIFY_LEAF_SIGNATURE)$/
  )
})

t.test('an error is read through the errors around it, and none of its texts gets out', async (t) => {
  const code = (code: string, more: object = {}) => Object.assign(new Error('connect 10.0.0.7:443'), { code, ...more })
  for (const [error, failure] of [
    [new TypeError('fetch failed', { cause: code('EAI_AGAIN') }), 'dns-EAI_AGAIN'],
    [new AggregateError([code('EHOSTUNREACH'), code('ECONNREFUSED')]), 'unreachable-EHOSTUNREACH'],
    [
      new TypeError('fetch failed', { cause: new AggregateError([{}, code('ENETUNREACH')]) }),
      'unreachable-ENETUNREACH'
    ],
    [code('ERR_SSL_SOMETHING_NEW'), 'tls'],
    [code('HPE_SOMETHING_NEW'), 'not-http'],
    [Object.assign(new Error(), { name: 'HTTPParserError', code: undefined }), 'not-http'],
    [code('E_SECRET_sk_live_1'), 'network'],
    [code('constructor'), 'network'],
    [{ code: 7 }, 'network'],
    [null, 'network'],
    ['ENOTFOUND', 'network']
  ] as const) {
    t.equal(networkFailureOf(error), failure)
  }
  const circle: { cause?: unknown } = {}
  circle.cause = circle
  t.equal(networkFailureOf(circle), 'network', 'an error that is its own cause')
})

t.test('a failure is taken apart into word, code, cause and cure', async (t) => {
  t.match(explainFetchFailure('dns-ENOTFOUND'), { word: 'dns', code: 'ENOTFOUND', ...FETCH_CAUSES.dns })
  t.match(explainFetchFailure('not-http-HPE_INVALID_CONSTANT'), { word: 'not-http', code: 'HPE_INVALID_CONSTANT' })
  t.match(explainFetchFailure('http-503'), { word: 'http', code: '503' })
  t.match(explainFetchFailure('not-a-key-set'), { word: 'not-a-key-set', code: null })
  t.match(explainFetchFailure('toString'), { word: 'network', code: null })
  for (const word of Object.keys(FETCH_CAUSES)) {
    const { cause, cure } = explainFetchFailure(word)
    t.notMatch(`${cause}${cure}`, /\.$/, word)
    t.match(causeSentences(word), /^Cause: .+\. Cure: .+\.$/)
  }
})

t.test('the manual has a row for every word', async (t) => {
  const manual = readFileSync('src/diagnostics/README.md', 'utf8')
  const section = manual.slice(manual.indexOf('## Why a fetch failed')).split('\n## ')[0] ?? ''
  const rows = section.split('\n').filter((line) => line.startsWith('| `'))
  const words = rows.flatMap((row) =>
    [...(row.split('|')[1] ?? '').matchAll(/`([a-z0-9-]+)`/g)].map(([, word]) => word)
  )
  t.same(words.sort(), Object.keys(FETCH_CAUSES).sort())
})
