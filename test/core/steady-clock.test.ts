import { mock } from 'node:test'
import t from 'tap'
import { steadyNow, systemNow } from '../../src/core/steady-clock.js'

t.test('it goes on with the time that passes', async (t) => {
  const awakeMs = performance.now()
  const beforeMs = steadyNow()
  await new Promise(setImmediate)
  const passedMs = steadyNow() - beforeMs
  t.ok(passedMs > 0 && passedMs <= performance.now() - awakeMs + 1)
})

t.test('a Date that a test moves on is time that passes, and gone with the test', async (t) => {
  const apartMs = systemNow() - steadyNow()
  mock.timers.enable({ apis: ['Date'], now: 1_000_000 })
  for (let i = 0; i < 3; i++) {
    mock.timers.tick(3_600_000)
    t.ok(Math.abs(systemNow() - steadyNow() - apartMs) < 1_000)
  }
  mock.timers.reset()
  t.ok(Math.abs(systemNow() - steadyNow() - apartMs) < 1_000)
})
