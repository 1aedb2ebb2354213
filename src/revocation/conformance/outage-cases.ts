import type { BusCase } from './case.js'
import { assert, TestPeer } from './scene.js'
import { needed } from './world.js'

const OUTAGES = 2

/** What a bus does while its engine is away, and afterwards. */
export const OUTAGE_CASES: readonly BusCase[] = [
  {
    name: 'a process that was cut off has heard what it missed when it says connected again',
    needs: ['cutOff'],
    async run(scene) {
      const [one, two] = [await scene.start(), await scene.start()]
      const mend = await scene.cutOff(two)
      const missed = scene.revocation()
      await one.tell(missed)
      await scene.untilAway(two)
      assert(!two.peer.holds(missed), 'cutOff() of the world keeps messages from the process that it cuts off')
      await mend()
      await scene.untilConnected(two)
      assert(two.peer.holds(missed), 'a bus that says connected again has delivered what was revoked meanwhile')
    }
  },
  {
    name: 'a message lost in an interruption that ends at once is delivered all the same',
    needs: ['cutOff'],
    async run(scene) {
      const [one, two] = [await scene.start(), await scene.start()]
      const mend = await scene.cutOff(two)
      const lost = scene.revocation()
      await one.tell(lost)
      await mend()
      await scene.untilHeld(two.peer, lost, 'a message that was lost is made up for')
    }
  },
  {
    name: 'what a process revokes while it is cut off is told when it is back',
    needs: ['cutOff'],
    async run(scene) {
      const [one, two] = [await scene.start(), await scene.start()]
      const mend = await scene.cutOff(two)
      await scene.untilAway(two)
      const revocation = scene.revocation()
      assert(!(await two.publish(revocation)), 'publish() resolves to false while the bus is away')
      await mend()
      await scene.untilHeld(one.peer, revocation, 'what was published while the bus was away is told on return')
    }
  },
  {
    name: 'what several processes revoke while the engine is away is told when it is back, in every outage',
    needs: ['stop', 'startAgain'],
    async run(scene) {
      const [one, two] = [await scene.start(), await scene.start()]
      const before = scene.revocation()
      await one.tell(before)
      for (let outage = 0; outage < OUTAGES; outage++) {
        await needed(scene.world, 'stop')()
        await Promise.all([scene.untilAway(one), scene.untilAway(two)])
        const [byOne, byTwo] = [scene.revocation(), scene.revocation()]
        assert(!(await one.publish(byOne)), 'publish() resolves to false while the engine is away')
        assert(!(await two.publish(byTwo)), 'publish() resolves to false while the engine is away')
        await needed(scene.world, 'startAgain')()
        await scene.untilHeld(two.peer, byOne, 'what was published while the engine was away is told on return')
        await scene.untilHeld(one.peer, byTwo, 'what was published while the engine was away is told on return')
        await Promise.all([scene.untilConnected(one), scene.untilConnected(two)])
      }
      const late = await scene.start()
      assert(late.peer.holds(before), 'an engine that came back with its memory still tells those that start later')
    }
  },
  {
    name: 'an engine that comes back empty gets every revocation again',
    needs: ['stop', 'startEmpty'],
    async run(scene) {
      const [one, two] = [await scene.start(), await scene.start()]
      const [before, meanwhile] = [scene.revocation(), scene.revocation()]
      await one.tell(before)
      await scene.untilHeld(two.peer, before, 'a revocation reaches the other processes')
      await needed(scene.world, 'stop')()
      await Promise.all([scene.untilAway(one), scene.untilAway(two)])
      await two.publish(meanwhile)
      await needed(scene.world, 'startEmpty')()
      await Promise.all([scene.untilConnected(one), scene.untilConnected(two)])
      await scene.untilHeld(one.peer, meanwhile, 'what was published while the engine was away is told on return')
      const late = await scene.start()
      for (const revocation of [before, meanwhile]) {
        assert(
          late.peer.holds(revocation),
          'processes give an engine that came back empty what they know: a later one hears it'
        )
      }
    }
  },
  {
    name: 'an engine that comes back at once and empty gets every revocation again',
    needs: ['stop', 'startEmpty'],
    async run(scene) {
      const one = await scene.start()
      const before = scene.revocation()
      await one.tell(before)
      await needed(scene.world, 'stop')()
      await needed(scene.world, 'startEmpty')()
      const late = await (await scene.process()).open()
      await scene.untilHeld(late.peer, before, 'an engine that lost its memory between two heartbeats is noticed')
    }
  },
  {
    name: 'a start without the engine ends in time, and the bus joins by itself when it is there',
    needs: ['stop', 'startAgain'],
    async run(scene) {
      await needed(scene.world, 'stop')()
      const one = await (await scene.process()).open()
      assert(!one.health().connected, 'health() does not say connected of a bus that hears nothing')
      const revocation = scene.revocation()
      assert(!(await one.publish(revocation)), 'publish() resolves to false while the engine is away')
      await needed(scene.world, 'startAgain')()
      await scene.untilConnected(one)
      const two = await scene.start()
      await scene.untilHeld(two.peer, revocation, 'what was published before the engine was there is told')
    }
  },
  {
    name: 'while the engine is away, instances that share a bus still tell each other',
    needs: ['stop'],
    async run(scene) {
      const one = await scene.start()
      const neighbour = new TestPeer()
      await one.open(neighbour)
      await needed(scene.world, 'stop')()
      await scene.untilAway(one)
      const revocation = scene.revocation()
      await one.publish(revocation)
      await scene.untilHeld(neighbour, revocation, 'a revocation reaches the other peers of its bus without the engine')
    }
  }
]
