import t from 'tap'
import { MESSAGE_TYPE } from '../../../src/core/jwks/cluster-messages.js'
import { type ClusterChannel, createClusterSource } from '../../../src/core/jwks/cluster-source.js'
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
  const pending = createClusterSource(inner, silent).fetch({ etag: null, signal: abort.signal, newerThanMs: 0 })
  abort.abort()
  t.match(await pending, { kind: 'failure', failure: 'timeout' })
  const deaf: ClusterChannel = { send: () => false, onMessage() {} }
  const alone = createClusterSource(inner, deaf)
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
  createClusterSource({ kind: 'fapi', id: 'x', fetch: async () => answer }, channel)
  for (const message of [null, 7, 'x', {}, { type: 'other' }, { type: MESSAGE_TYPE, id: 99 }]) listener(message)
  t.pass()
})
