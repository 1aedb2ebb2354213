import { setImmediate as nextTurn } from 'node:timers/promises'
import t from 'tap'
import { createLoopShare } from '../../../src/core/token/loop-share.js'

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

t.test('none at all with a bound of 0', async (t) => {
  const share = createLoopShare(0)
  t.notOk(share.take())
  share.enterPool()
  share.leavePool()
  t.notOk(share.take())
})
