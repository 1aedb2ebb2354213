import type { BusCase } from './case.js'
import { assert, TestPeer } from './scene.js'
import { needed } from './world.js'

/** What a bus says of itself. */
export const HEALTH_CASES: readonly BusCase[] = [
  {
    name: 'a bus without peers is not connected: never opened, or closed',
    async run(scene) {
      const one = await scene.process()
      assert(!one.health().connected, 'a bus that was never opened is not connected')
      assert(!(await one.publish(scene.revocation())), 'publish() of a bus without peers resolves to false')
      await one.open()
      await scene.untilConnected(one)
      const closedMs = Date.now()
      await one.close(one.peer)
      const { connected, disconnectedSinceMs } = one.health()
      assert(!connected, 'a bus that its last peer has left is not connected')
      assert(Number(disconnectedSinceMs) >= closedMs - 1_000, 'disconnectedSinceMs is the moment of the close')
      assert(!(await one.publish(scene.revocation())), 'publish() of a closed bus resolves to false')
    }
  },
  {
    name: 'calls at odd times neither throw nor reject',
    async run(scene) {
      const one = await scene.process()
      await one.close()
      await one.close(new TestPeer())
      await one.open()
      await one.close(new TestPeer())
      await scene.untilConnected(one)
      await Promise.all([one.close(), one.open(), one.publish(scene.revocation()), one.close(), one.close()])
      assert(!one.health().connected, 'close() closes the bus, whatever was under way')
      await one.open()
      await scene.untilConnected(one)
    }
  },
  {
    name: 'a bus whose engine goes says so, since when, and says when it is back',
    needs: ['stop', 'startAgain'],
    async run(scene) {
      const [one, two] = [await scene.start(), await scene.start()]
      const stoppedMs = Date.now()
      await needed(scene.world, 'stop')()
      await Promise.all([scene.untilAway(one), scene.untilAway(two)])
      const sinceMs = Number(one.health().disconnectedSinceMs)
      assert(sinceMs >= stoppedMs - 1_000 && sinceMs <= Date.now(), 'disconnectedSinceMs is when the bus noticed')
      await needed(scene.world, 'startAgain')()
      await Promise.all([scene.untilConnected(one), scene.untilConnected(two)])
      const revocation = scene.revocation()
      await one.tell(revocation)
      await scene.untilHeld(two.peer, revocation, 'a bus that says connected again hears the other processes')
    }
  },
  {
    name: 'a bus that hears nothing any more is not connected, whatever its connections say',
    needs: ['cutOff'],
    async run(scene) {
      const [one, two] = [await scene.start(), await scene.start()]
      const mend = await scene.cutOff(two)
      await scene.untilAway(two)
      assert(one.health().connected, 'a process that is cut off takes the bus from no other process')
      await mend()
      await scene.untilConnected(two)
    }
  }
]
