import type { FastifyReply } from 'fastify'
import t from 'tap'
import { Abandoned, type Exchange, SWEEP_MS } from '../../src/audit/abandoned.js'
import { createManualClock } from '../fixtures/manual-clock.js'

t.test('a request whose handler sends nothing is recorded some minutes after its client has left', async (t) => {
  const clock = createManualClock()
  const abandoned = new Abandoned(clock.setTimer)
  const finished: string[] = []
  const leave = (name: string, isCertain: boolean): Exchange => {
    const exchange: Exchange = {
      finish: (_reply, status, isAborted) => void finished.push(`${name} ${status} ${isAborted}`),
      reply: {} as FastifyReply,
      isAnswered: false,
      isAborted: true,
      isRecorded: false
    }
    abandoned.add(exchange, isCertain)
    return exchange
  }
  leave('change', true)
  const answered = leave('answered', true)
  clock.advance(SWEEP_MS - 1)
  leave('read', false)
  clock.advance(1)
  t.equal(abandoned.delete(answered), true)
  leave('later', true)
  clock.advance(SWEEP_MS - 1)
  t.strictSame(finished, [])
  clock.advance(1)
  t.strictSame(finished, ['change 0 true', 'read 0 true'])
  t.equal(abandoned.delete(answered), false)
  clock.advance(SWEEP_MS)
  t.strictSame(finished.slice(2), ['later 0 true'])
  t.equal(clock.pending, 0, 'no timer while nobody waits')
  leave('at the end', false)
  abandoned.finish()
  t.strictSame(finished.slice(3), ['at the end 0 true'])
  t.equal(clock.pending, 0)
})
