import t from 'tap'
import { readBody } from '../../src/core/response-body.js'

/** A body without an announced length, in chunks of the given sizes. */
function streamed(...sizes: number[]) {
  const state = { isCancelled: false, chunks: 0 }
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const size = sizes[state.chunks++]
        if (size === undefined) controller.close()
        else controller.enqueue(new Uint8Array(size).fill(0x61))
      },
      cancel() {
        state.isCancelled = true
      }
    },
    { highWaterMark: 0 }
  )
  return { response: new Response(stream), state }
}

t.test('a body up to the bound is read, one byte more is not', async (t) => {
  t.equal(await readBody(streamed(4, 4).response, 8), 'aaaaaaaa')
  t.equal(await readBody(streamed(4, 5).response, 8), null)
  t.equal(await readBody(new Response(null), 8), '')
  t.equal(await readBody(new Response('déjà'), 6), 'déjà', 'bytes count, not characters')
  t.equal(await readBody(new Response('déjà'), 5), null)
})

t.test('a body that is too long is left where that shows, and its connection is let go', async (t) => {
  const { response, state } = streamed(...new Array<number>(1000).fill(4))
  t.equal(await readBody(response, 8), null)
  t.ok(state.isCancelled)
  t.equal(state.chunks, 3)
})

t.test('a body announced as too long is not read at all; a wrong announcement is not believed', async (t) => {
  const long = streamed(4)
  long.response.headers.set('content-length', '9')
  t.equal(await readBody(long.response, 8), null)
  t.match(long.state, { isCancelled: true, chunks: 0 })
  for (const announced of ['1', '-1', 'x', '']) {
    const { response } = streamed(9)
    response.headers.set('content-length', announced)
    t.equal(await readBody(response, 8), null, announced)
  }
})

t.test('a body that breaks off rejects', async (t) => {
  const broken = new ReadableStream({ pull: (controller) => controller.error(new Error('reset')) })
  await t.rejects(readBody(new Response(broken), 8), { message: 'reset' })
})
