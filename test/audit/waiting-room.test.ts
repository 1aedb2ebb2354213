import t from 'tap'
import { createWaitingRoom } from '../../src/audit/waiting-room.js'
import { createManualClock } from '../fixtures/manual-clock.js'

t.test('the process lives as long as a request waits for room, whatever ends its wait', (t) => {
  const keepingAlive = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length
  const clock = createManualClock()
  const room = createWaitingRoom(1_000, clock.setTimer)
  const before = keepingAlive()
  const outcomes: boolean[] = []
  const enter = () => room.enter(true, (hasRoom) => outcomes.push(hasRoom))
  for (const end of [() => room.admit(1), () => clock.advance(1_000), () => room.close()]) {
    enter()
    t.equal(keepingAlive(), before + 1)
    end()
    t.equal(keepingAlive(), before)
  }
  t.same(outcomes, [true, false, false])
  t.equal(clock.pending, 0)
  t.end()
})
