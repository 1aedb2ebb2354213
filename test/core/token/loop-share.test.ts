import { AsyncLocalStorage } from 'node:async_hooks'
import { mock } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import t from 'tap'
import { createLoopShare, type LoopShare } from '../../../src/core/token/loop-share.js'

t.test('one in a turn, and none while the pool is at work', async (t) => {
  const share = createLoopShare(3)
  t.ok(share.take())
  t.notOk(share.take())
  await nextTurn()
  t.ok(share.take(), 'another turn')
  share.enterPool()
  share.enterPool()
  await nextTurn()
  t.notOk(share.take())
  share.leavePool()
  t.notOk(share.take(), 'one is still there')
  share.leavePool()
  t.ok(share.take())
  t.notOk(share.take(), 'two were there at a time')
})

t.test('as many as are allowed once the pool had one at a time, until it has several again', async (t) => {
  const share = createLoopShare(3)
  const taken = async () => {
    const answers: boolean[] = []
    for (let n = 0; n < 4; n++) answers.push(await Promise.resolve(share.take()))
    return answers
  }
  for (let round = 0; round < 2; round++) {
    share.enterPool()
    share.leavePool()
    t.same(await taken(), [true, true, true, false], 'in the turn in which the pool has answered')
    await nextTurn()
    t.same(await taken(), [true, true, true, false], 'and in the next')
  }
  await nextTurn()
  t.ok(share.take())
  t.notOk(share.take(), 'not in the same breath')
  share.enterPool()
  share.enterPool()
  share.leavePool()
  share.leavePool()
  await nextTurn()
  t.same(await taken(), [true, false, false, false])
})

/** Its tokens come one after the other, and this turn has had two, as many as it may. */
async function createExhausted(): Promise<LoopShare> {
  await nextTurn()
  return exhaust(createLoopShare(2))
}

async function exhaust(share: LoopShare): Promise<LoopShare> {
  share.enterPool()
  share.leavePool()
  for (let n = 0; n < 2; n++) {
    share.take()
    await null
  }
  return share
}

t.test('the one beyond waits for the next turn, in the context of whoever brought it', async (t) => {
  const share = await createExhausted()
  const context = new AsyncLocalStorage<string>()
  const events: string[] = []
  setImmediate(() => events.push('other work'))
  context.run('of the token', () => {
    share.nextTurn()?.listen(
      () => events.push(`begun ${context.getStore()}, ${share.take()}`),
      () => {}
    )
  })
  t.same(events, [])
  await nextTurn()
  t.same(events, ['other work', 'begun of the token, true'])
})

t.test('while one waits, others are for the pool, and are several with it', async (t) => {
  const share = await createExhausted()
  const begun = share.nextTurn()
  t.ok(begun)
  t.equal(share.nextTurn(), null)
  share.enterPool()
  await begun
  t.notOk(share.take(), 'the pool is at work')
  t.equal(share.nextTurn(), null)
  share.leavePool()
  t.ok(share.take())
  await null
  t.notOk(share.take(), 'one in a turn again')
  t.equal(share.nextTurn(), null)
})

t.test('none waits that came in the same breath as another, or before the pool was asked', async (t) => {
  const share = createLoopShare(2)
  t.ok(share.take())
  await null
  t.equal(share.nextTurn(), null)
  share.enterPool()
  share.leavePool()
  t.ok(share.take())
  t.equal(share.nextTurn(), null)
})

t.test('timers that a test has faked hold up nobody', async (t) => {
  const share = await createExhausted()
  mock.timers.enable({ apis: ['setImmediate'] })
  t.teardown(() => mock.timers.reset())
  await share.nextTurn()
  t.ok(share.take())
})

t.test('timers that were faked before this file was imported hold up nobody', async (t) => {
  mock.timers.enable({ apis: ['setImmediate'] })
  t.teardown(() => mock.timers.reset())
  const another = '../../../src/core/token/loop-share.js?faked'
  const { createLoopShare: createWithFake }: { createLoopShare: typeof createLoopShare } = await import(another)
  const share = await exhaust(createWithFake(2))
  t.notOk(share.take())
  t.equal(share.nextTurn(), null, 'for the pool')
})

t.test('none at all with a bound of 0', async (t) => {
  const share = createLoopShare(0)
  t.notOk(share.take())
  share.enterPool()
  share.leavePool()
  t.notOk(share.take())
  t.equal(share.nextTurn(), null)
})
