import t from 'tap'
import { helpAt } from '../../src/core/help-page.js'
import { COOL_DOWN_MS, createServerMetadata, FRESH_MS, STALE_IF_ERROR_MS } from '../../src/mcp/server-metadata.js'

const document = {
  issuer: 'https://id.test',
  authorization_endpoint: 'https://id.test/a',
  token_endpoint: 'https://id.test/t'
}

function scene() {
  const state = {
    nowMs: 0,
    calls: 0,
    answer: (_signal: AbortSignal): Response | Promise<Response> => Response.json(document),
    timers: [] as (() => void)[],
    warnings: [] as object[]
  }
  const metadata = createServerMetadata({
    server: 'https://id.test',
    fetch: async (url, init) => {
      state.calls++
      t.equal(String(url), 'https://id.test/.well-known/oauth-authorization-server')
      t.equal(init?.redirect, 'error')
      return state.answer(init?.signal as AbortSignal)
    },
    now: () => state.nowMs,
    log: { error() {}, warn: (fields) => void state.warnings.push(fields) },
    setTimer(run) {
      state.timers.push(run)
      return () => {}
    }
  })
  return { state, read: () => metadata.read() }
}

t.test('the document is kept for an hour', async (t) => {
  const { state, read } = scene()
  t.same(JSON.parse(await read()), document)
  state.nowMs = FRESH_MS - 1
  await read()
  t.equal(state.calls, 1)
  state.nowMs = FRESH_MS
  await read()
  t.equal(state.calls, 2)
})

t.test('a clock that is set back makes neither a document nor a failure last', async (t) => {
  const { state, read } = scene()
  state.nowMs = STALE_IF_ERROR_MS
  await read()
  state.nowMs = STALE_IF_ERROR_MS - FRESH_MS
  await read()
  t.equal(state.calls, 2)
  state.answer = () => new Response('', { status: 500 })
  state.nowMs -= FRESH_MS
  await read()
  state.nowMs -= COOL_DOWN_MS
  await read()
  t.equal(state.calls, 4)
})

t.test('an old document is better than none, for a day', async (t) => {
  const { state, read } = scene()
  await read()
  state.answer = () => new Response('', { status: 500 })
  state.nowMs = FRESH_MS
  t.same(JSON.parse(await read()), document)
  state.nowMs = STALE_IF_ERROR_MS - 1
  t.same(JSON.parse(await read()), document)
  state.nowMs = STALE_IF_ERROR_MS
  await t.rejects(read(), { code: 'FST_CLERK_MCP_METADATA_UNAVAILABLE' })
  state.answer = () => Response.json(document)
  state.nowMs += COOL_DOWN_MS
  t.same(JSON.parse(await read()), document)
})

t.test('while the server is away it is asked every five seconds, however many clients come', async (t) => {
  const { state, read } = scene()
  state.answer = () => new Response('', { status: 503 })
  const code = 'FST_CLERK_MCP_METADATA_UNAVAILABLE'
  await Promise.all([1, 2, 3].map(() => t.rejects(read(), { code })))
  state.nowMs = COOL_DOWN_MS - 1
  await t.rejects(read(), { code })
  t.equal(state.calls, 1)
  state.nowMs = COOL_DOWN_MS
  await t.rejects(read(), { code })
  t.equal(state.calls, 2)
  const help = helpAt('log: authorization-server-unavailable')
  t.strictSame(state.warnings, [{ failure: 'unavailable', help }], 'one line, as nothing has changed')
})

t.test('a server that does not answer is not waited for', async (t) => {
  const { state, read } = scene()
  let signal: AbortSignal | undefined
  state.answer = (given) => {
    signal = given
    return new Promise(() => {})
  }
  const refused = t.rejects(read(), { code: 'FST_CLERK_MCP_METADATA_UNAVAILABLE' })
  await new Promise(setImmediate)
  // One for the deadline, one for the round of the event loop after it.
  for (const timer of [0, 1]) state.timers[timer]?.()
  await refused
  t.equal(signal?.aborted, true)
})
