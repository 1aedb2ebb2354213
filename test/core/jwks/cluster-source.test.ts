import t from 'tap'
import { MESSAGE_TYPE, type WorkerMessage } from '../../../src/core/jwks/cluster-messages.js'
import {
  type ClusterChannel,
  createClusterExchange,
  createClusterSource
} from '../../../src/core/jwks/cluster-source.js'
import type { KeySource, SourceAnswer } from '../../../src/core/jwks/source.js'

const answer: SourceAnswer = {
  kind: 'key-set',
  text: '{"keys":[]}',
  etag: '"1"',
  maxAgeMs: 60_000,
  fetchedAtMs: 1_700_000_000_000,
  clockOffsetMs: 3
}

t.test('who waits for the primary in vain gives up at its own deadline', async (t) => {
  const abort = new AbortController()
  const silent: ClusterChannel = { send: () => true, onMessage() {} }
  const inner: KeySource = { kind: 'fapi', id: 'x', fetch: async () => answer }
  const pending = createClusterSource(inner, createClusterExchange(silent)).fetch({
    etag: null,
    signal: abort.signal,
    newerThanMs: 0
  })
  abort.abort()
  t.match(await pending, { kind: 'failure', failure: 'timeout' })
  const deaf: ClusterChannel = { send: () => false, onMessage() {} }
  const alone = createClusterSource(inner, createClusterExchange(deaf))
  t.match(
    await alone.fetch({ etag: null, signal: new AbortController().signal, newerThanMs: 0 }),
    { kind: 'key-set' },
    'and without a primary each is on its own'
  )
})

t.test("other people's messages are left alone", async (t) => {
  let listener: (message: unknown) => void = () => {}
  const channel: ClusterChannel = {
    send: () => true,
    onMessage(listen) {
      listener = listen
    }
  }
  const source = createClusterSource(
    { kind: 'fapi', id: 'x', fetch: async () => answer },
    createClusterExchange(channel)
  )
  const abort = new AbortController()
  const pending = source.fetch({ etag: null, signal: abort.signal, newerThanMs: 0 })
  for (const message of [null, 7, 'x', {}, { type: 'other' }, { type: MESSAGE_TYPE, id: 99 }]) listener(message)
  abort.abort()
  t.match(await pending, { kind: 'failure', failure: 'timeout' }, 'none of them was the answer')
})

t.test('sources of one process listen once, and no source gets the answer to another', async (t) => {
  const listeners: ((message: unknown) => void)[] = []
  const sent: WorkerMessage[] = []
  const exchange = createClusterExchange({
    send(message) {
      sent.push(message)
      return true
    },
    onMessage: (listener) => void listeners.push(listener)
  })
  const createSourceOf = (id: string) =>
    createClusterSource({ kind: 'fapi', id, fetch: () => Promise.reject(new Error('no turn')) }, exchange)
  const sources = Array.from({ length: 20 }, (_, index) => createSourceOf(`instance-${index}`))
  t.equal(listeners.length, 0, 'a source that asks nothing listens to nothing')
  const pending = sources.map((source) =>
    source.fetch({ etag: null, signal: new AbortController().signal, newerThanMs: 0 })
  )
  t.equal(listeners.length, 1)
  for (const message of sent.toReversed()) {
    if (message.op !== 'ask') continue
    const text = `keys of ${message.source}`
    listeners[0]?.({ type: MESSAGE_TYPE, op: 'answer', id: message.id, answer: { ...answer, text } })
  }
  for (const [index, got] of (await Promise.all(pending)).entries()) {
    t.match(got, { kind: 'key-set', text: `keys of instance-${index}` })
  }
})
