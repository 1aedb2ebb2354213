import t from 'tap'
import { createMemoryDeliveries } from '../../src/webhooks/deliveries.js'
import { createManualClock } from '../fixtures/manual-clock.js'
import { sessionEnded, setUp, sign } from './signed-delivery.js'

t.test('handlers get typed events; those of a type after those of every event', async (t) => {
  const calls: unknown[] = []
  const { fastify } = await setUp(t, {
    on: {
      '*': (event, { id }) => calls.push(['*', event.type, id]),
      'user.created': async (event, { log, request }) => {
        const id: string = event.data.id
        calls.push([id, typeof log.info, request.method])
      }
    }
  })
  await fastify.inject(sign({ type: 'user.created', data: { id: 'user_1' } }, { id: 'msg_a' }))
  await fastify.inject(sign({ type: 'constructor', data: {} }, { id: 'msg_b' }))
  t.strictSame(calls, [
    ['*', 'user.created', 'msg_a'],
    ['user_1', 'function', 'POST'],
    ['*', 'constructor', 'msg_b']
  ])
})

t.test('an event is handled once, however often it is delivered', async (t) => {
  let handled = 0
  const { fastify, revoked } = await setUp(t, { on: { 'session.ended': () => handled++ } })
  const now = Math.floor(Date.now() / 1000)
  const first = sign(sessionEnded, { id: 'msg_once', seconds: now - 20 })
  t.equal((await fastify.inject(first)).statusCode, 204)
  t.equal((await fastify.inject(first)).statusCode, 204, 'the same delivery again')
  t.equal((await fastify.inject(sign(sessionEnded, { id: 'msg_once', seconds: now }))).statusCode, 204, 'a retry')
  t.equal(handled, 1)
  t.equal(revoked.length, 1)
})

t.test('a handler that fails is called again by the next attempt; the revocation counts at once', async (t) => {
  let calls = 0
  const { fastify, revoked } = await setUp(t, {
    on: {
      'session.ended': () => {
        if (calls++ === 0) throw new Error('database is away')
      }
    }
  })
  const delivery = sign(sessionEnded, { id: 'msg_retry' })
  t.equal((await fastify.inject(delivery)).statusCode, 500)
  t.equal(revoked.length, 1)
  t.equal((await fastify.inject(delivery)).statusCode, 204)
  t.equal((await fastify.inject(delivery)).statusCode, 204)
  t.equal(calls, 2)
})

t.test('an attempt during a slow handler is told to come back, and later that it is done', async (t) => {
  const slow = withResolvers()
  let calls = 0
  const handler = () => {
    calls++
    return slow.promise
  }
  const { fastify, revoked } = await setUp(t, { answerTimeoutInMs: 20, on: { 'session.ended': handler } })
  const delivery = sign(sessionEnded, { id: 'msg_slow' })
  const [one, two] = await Promise.all([fastify.inject(delivery), fastify.inject(delivery)])
  t.strictSame([one.statusCode, two.statusCode], [409, 409])
  t.equal(one.json().code, 'FST_CLERK_WEBHOOK_BUSY')
  t.equal(revoked.length, 1)
  slow.resolve()
  await slow.promise
  t.equal((await fastify.inject(delivery)).statusCode, 204)
  t.equal(calls, 1)
})

t.test('a handler that fails after the answer is called again, and breaks nothing', async (t) => {
  const slow = withResolvers()
  let calls = 0
  const handler = () => (calls++ === 0 ? slow.promise : undefined)
  const { fastify } = await setUp(t, { answerTimeoutInMs: 1, on: { 'session.ended': handler } })
  const delivery = sign(sessionEnded, { id: 'msg_late' })
  t.equal((await fastify.inject(delivery)).statusCode, 409)
  slow.reject(new Error('late'))
  await slow.promise.catch(() => {})
  t.equal((await fastify.inject(delivery)).statusCode, 204)
  t.equal(calls, 2)
})

t.test('remembered deliveries are bounded, and what is forgotten cannot be repeated', async (t) => {
  const clock = createManualClock()
  const seconds = clock.now() / 1000
  const memory = createMemoryDeliveries(clock.now, 3)
  for (let i = 0; i < 5; i++) {
    t.equal(memory.begin(`msg_${i}`, seconds + i), 'new')
    memory.end(`msg_${i}`, true)
  }
  t.equal(memory.begin('msg_4', seconds + 4), 'done')
  t.equal(memory.begin('msg_0', seconds), 'unknown', 'a repetition of a forgotten one')
  t.equal(memory.begin('msg_0', seconds + 60), 'new', 'a true retry has a new timestamp')
  clock.advance(700_000)
  t.equal(memory.begin('msg_9', seconds + 700), 'new')
})

t.test('a handler that never ends keeps its event for ten minutes, not for ever', async (t) => {
  const clock = createManualClock()
  const memory = createMemoryDeliveries(clock.now)
  const attempt = () => memory.begin('msg_0', clock.now() / 1000)
  t.equal(attempt(), 'new')
  clock.advance(600_000)
  t.equal(attempt(), 'busy')
  clock.advance(1_000)
  t.equal(attempt(), 'new')
})

function withResolvers() {
  let resolve = () => {}
  let reject: (error: Error) => void = () => {}
  const promise = new Promise<void>((onResolve, onReject) => {
    resolve = onResolve
    reject = onReject
  })
  return { promise, resolve, reject }
}
