import t from 'tap'
import { createClusterBroker } from '../../../src/core/jwks/cluster-broker.js'
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

/** Every message that is under way has arrived. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}

t.test('no copy of the module in a process gets the answer to the question of another', async (t) => {
  const listeners: ((message: unknown) => void)[] = []
  const hear = (message: unknown) => {
    for (const listener of listeners) listener(JSON.parse(JSON.stringify(message)))
  }
  const broker = createClusterBroker(
    () => answer.fetchedAtMs,
    (_, message) => hear(message)
  )
  const createCopy = (id: string) => {
    const channel: ClusterChannel = {
      send(message) {
        setImmediate(() => broker.receive(1, JSON.parse(JSON.stringify(message))))
        return true
      },
      onMessage: (listener) => void listeners.push(listener)
    }
    const inner: KeySource = { kind: 'fapi', id, fetch: async () => ({ ...answer, text: `keys of ${id}` }) }
    return createClusterSource(inner, createClusterExchange(channel))
  }
  const tenants = ['https://one.example/jwks', 'https://two.example/jwks']
  for (const round of ['the turn', 'the answer']) {
    const copies = tenants.map(createCopy)
    const got = await Promise.all(
      copies.map((copy) => copy.fetch({ etag: null, signal: new AbortController().signal, newerThanMs: 0 }))
    )
    for (const [index, tenant] of tenants.entries()) t.match(got[index], { text: `keys of ${tenant}` }, round)
    await settled()
  }
})

t.test('an answer that names another source is left alone; a primary that names no source is believed', async (t) => {
  let listener: (message: unknown) => void = () => {}
  const sent: WorkerMessage[] = []
  const channel: ClusterChannel = {
    send(message) {
      sent.push(message)
      return true
    },
    onMessage(listen) {
      listener = listen
    }
  }
  const source = createClusterSource(
    { kind: 'fapi', id: 'mine', fetch: () => Promise.reject(new Error('no turn')) },
    createClusterExchange(channel)
  )
  const pending = source.fetch({ etag: null, signal: new AbortController().signal, newerThanMs: 0 })
  const reply = { type: MESSAGE_TYPE, op: 'answer', id: (sent[0] as { id?: unknown }).id }
  listener({ ...reply, source: 'another', answer: { ...answer, text: 'keys of another' } })
  listener({ ...reply, op: 'fetch', source: 'another' })
  listener({ ...reply, answer: { ...answer, text: 'mine' } })
  t.match(await pending, { text: 'mine' })
})

t.test('a worker with an earlier version, whose questions are numbers, gets its number back', async (t) => {
  const replies: unknown[] = []
  const broker = createClusterBroker(
    () => answer.fetchedAtMs,
    (_, message) => replies.push(message)
  )
  broker.receive(1, { type: MESSAGE_TYPE, op: 'ask', id: 1, source: 'mine', newerThanMs: 0 })
  broker.receive(1, { type: MESSAGE_TYPE, op: 'landed', source: 'mine', answer })
  broker.receive(1, { type: MESSAGE_TYPE, op: 'ask', id: 2, source: 'mine', newerThanMs: 0 })
  t.match(replies, [
    { op: 'fetch', id: 1 },
    { op: 'answer', id: 2, answer: { text: answer.text } }
  ])
})

t.test('a turn that comes after the deadline goes back, and the next who asks gets it', async (t) => {
  let hear: (message: unknown) => void = () => {}
  const broker = createClusterBroker(
    () => 1_700_000_000_000,
    (workerId, message) => {
      if (workerId === 1) hear(message)
    }
  )
  // The second worker has the turn and does not answer.
  broker.receive(2, { type: MESSAGE_TYPE, op: 'ask', id: 'b:1', source: 'x', newerThanMs: 0 })
  const exchange = createClusterExchange({
    send(message) {
      broker.receive(1, message)
      return true
    },
    onMessage(listener) {
      hear = listener
    }
  })
  let fetches = 0
  const source = createClusterSource(
    {
      kind: 'fapi',
      id: 'x',
      fetch: async () => {
        fetches++
        return answer
      }
    },
    exchange
  )
  const abort = new AbortController()
  const late = source.fetch({ etag: null, signal: abort.signal, newerThanMs: 0 })
  abort.abort()
  t.match(await late, { kind: 'failure', failure: 'timeout' })
  broker.left(2)
  const pending = source.fetch({ etag: null, signal: AbortSignal.timeout(1000), newerThanMs: 0 })
  t.match(await pending, { kind: 'key-set' })
  t.equal(fetches, 1)
})
