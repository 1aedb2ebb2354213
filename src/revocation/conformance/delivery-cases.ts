import type { BusCase } from './case.js'
import { assert, type Scene, TestPeer, type TestProcess } from './scene.js'

const MINUTE_MS = 60_000
/** More than a bus may put into one message or read in one step. */
const MANY = 2_500
/** One of each kind, without the moment; and identifiers that need care. */
const ROWS: readonly (readonly unknown[])[] = [
  ['sess_a', null, null],
  [null, 'user_a', null],
  [null, 'user_a', 'org_a'],
  [2, 'organization', 'org_a'],
  [2, 'token', 'token_a'],
  [2, 'client', 'client_a'],
  ['é"\\\n:\u2028\'🔑 {}[],;$1', null, null],
  ['s'.repeat(256), null, null],
  [null, '\u0000'.repeat(256), '\ud800'.repeat(256)]
]
const ROWS_FOR_EVERYONE: readonly (readonly unknown[])[] = [
  [null, null, null],
  [2, 'all-machines', null],
  [2, 'all-machine-jwts', null]
]
const QUIET_MS = 50
const QUIET_TURNS = 3

/** What a bus does while its engine works. */
export const DELIVERY_CASES: readonly BusCase[] = [
  {
    name: 'a revocation reaches every other process, whatever its target',
    async run(scene) {
      const [one, two, three] = await startThree(scene)
      const nowMs = Date.now()
      const revocations = ROWS.map((target) => scene.read([...target, nowMs]))
      // Whatever was revoked before these moments is covered by them.
      for (const target of ROWS_FOR_EVERYONE) revocations.push(scene.read([...target, nowMs - MINUTE_MS]))
      for (const revocation of revocations) await one.tell(revocation)
      for (const { peer } of [two, three]) {
        for (const revocation of revocations) {
          await scene.untilHeld(peer, revocation, 'a revocation reaches the other processes')
        }
      }
    }
  },
  {
    name: 'revocations made at once all arrive',
    async run(scene) {
      const [one, two] = await startThree(scene)
      const revocations = Array.from({ length: MANY }, () => scene.revocation())
      const told = await Promise.all(revocations.map((revocation) => one.publish(revocation)))
      assert(told.every(Boolean), 'publish() resolves to true while the bus is connected, also for many at once')
      for (const revocation of revocations) {
        await scene.untilHeld(two.peer, revocation, 'of many revocations at once none is lost')
      }
    }
  },
  {
    name: 'a process that starts later knows what was revoked before',
    async run(scene) {
      const one = await scene.start()
      const revocations = Array.from({ length: MANY }, () => scene.revocation())
      await Promise.all(revocations.map((revocation) => one.tell(revocation)))
      const late = await scene.start()
      assert(
        revocations.every((revocation) => late.peer.holds(revocation)),
        'open() resolves when the peer has received the recent revocations of other processes'
      )
    }
  },
  {
    name: 'a process that starts when all others have ended knows what they revoked',
    needs: ['memory'],
    async run(scene) {
      const one = await scene.start()
      const revocation = scene.revocation()
      await one.tell(revocation)
      await one.close()
      const late = await scene.start()
      assert(
        late.peer.holds(revocation),
        'the engine keeps revocations for processes that start when no other is there'
      )
    }
  },
  {
    name: 'instances that share the bus of their process tell each other, and hear the other processes',
    async run(scene) {
      const [one, two] = await startThree(scene)
      const neighbour = new TestPeer()
      await one.open(neighbour)
      const [here, there] = [scene.revocation(), scene.revocation()]
      await one.tell(here)
      await scene.untilHeld(neighbour, here, 'a revocation reaches the other peers of the same bus')
      await scene.untilHeld(two.peer, here, 'a revocation reaches the other processes')
      await two.tell(there)
      for (const peer of [one.peer, neighbour]) {
        await scene.untilHeld(peer, there, 'a revocation of another process reaches every peer of a bus')
      }
    }
  },
  {
    name: 'an instance that joins an open bus knows what other processes revoked before',
    async run(scene) {
      const [one, two] = await startThree(scene)
      const revocation = scene.revocation()
      await two.tell(revocation)
      await scene.untilHeld(one.peer, revocation, 'a revocation reaches the other processes')
      const newcomer = new TestPeer()
      await one.open(newcomer)
      assert(newcomer.holds(revocation), 'open() gives a peer that joins an open bus the recent revocations')
    }
  },
  {
    name: 'an instance that leaves takes the bus from nobody, and hears nothing more',
    async run(scene) {
      const [one, two] = await startThree(scene)
      const neighbour = new TestPeer()
      await one.open(neighbour)
      await one.close(neighbour)
      assert(one.health().connected, 'a bus stays connected while it has a peer')
      const revocation = scene.revocation()
      await two.tell(revocation)
      await scene.untilHeld(one.peer, revocation, 'close(peer) leaves the other peers of the bus connected')
      assert(!neighbour.holds(revocation), 'a peer that has left receives nothing')
    }
  },
  {
    name: 'an instance that opens twice joins once',
    async run(scene) {
      const [one, two] = await startThree(scene)
      await one.open()
      await one.close(one.peer)
      assert(!one.health().connected, 'a peer that has opened twice leaves with one close(), and the bus closes')
      const revocation = scene.revocation()
      await two.tell(revocation)
      await scene.untilHeld(
        (await scene.start()).peer,
        revocation,
        'a process that starts later knows what was revoked'
      )
      assert(!one.peer.holds(revocation), 'a bus that is closed delivers nothing')
    }
  },
  {
    name: 'a bus that was closed can be opened again, and has then heard what it missed',
    async run(scene) {
      const [one, two] = await startThree(scene)
      await one.close()
      const [missed, later] = [scene.revocation(), scene.revocation()]
      await two.tell(missed)
      await one.open()
      await scene.untilConnected(one)
      assert(one.peer.holds(missed), 'open() gives a bus that was closed what was revoked meanwhile')
      await two.tell(later)
      await scene.untilHeld(one.peer, later, 'a bus that was closed and opened hears the other processes')
    }
  },
  {
    name: 'a revocation told again changes nothing and does not go round for ever',
    async run(scene) {
      const processes = await startThree(scene)
      const revocation = scene.revocation()
      for (const process of [...processes, ...processes]) await process.tell(revocation)
      for (const { peer } of processes) await scene.untilHeld(peer, revocation, 'a revocation reaches every process')
      let quietTurns = 0
      let delivered = -1
      await scene.until(
        () => {
          const now = processes.reduce((sum, { peer }) => sum + peer.delivered, 0)
          quietTurns = now === delivered ? quietTurns + 1 : 0
          delivered = now
          return quietTurns >= QUIET_TURNS
        },
        'a bus does not publish what it has received: deliveries come to an end',
        QUIET_MS
      )
    }
  },
  {
    name: 'of several moments of one target the latest counts, in whatever order they come',
    async run(scene) {
      const [one, two] = await startThree(scene)
      const target = scene.id('sess')
      const nowMs = Date.now()
      const latest = scene.revocation(target, nowMs)
      await one.tell(scene.revocation(target, nowMs - 2_000))
      await one.tell(latest)
      await two.tell(scene.revocation(target, nowMs - 1_000))
      await two.tell(scene.revocation(target, nowMs - 3_000))
      for (const { peer } of [one, two]) await scene.untilHeld(peer, latest, 'the latest moment of a target counts')
      const late = await scene.start()
      assert(
        late.peer.holds(latest),
        'the engine keeps the latest moment of a target, also when an earlier one comes after it'
      )
    }
  },
  {
    name: 'a process whose clock is ahead or behind tells and hears moments as they are',
    async run(scene) {
      const right = await scene.start()
      const ahead = await scene.start(5 * MINUTE_MS)
      const behind = await scene.start(-5 * MINUTE_MS)
      const revocations = [
        scene.revocation(undefined, Date.now() + 5 * MINUTE_MS),
        scene.revocation(undefined, Date.now() - 5 * MINUTE_MS),
        scene.revocation()
      ] as const
      await ahead.tell(revocations[0])
      await behind.tell(revocations[1])
      await right.tell(revocations[2])
      for (const { peer } of [right, ahead, behind, await scene.start()]) {
        for (const revocation of revocations) {
          await scene.untilHeld(
            peer,
            revocation,
            'moments are delivered as they were published, whatever the clocks say'
          )
        }
      }
    }
  },
  {
    name: 'a process whose clock is half an hour ahead takes no revocation from those that start later',
    async run(scene) {
      const right = await scene.start()
      const revocation = scene.revocation()
      await right.tell(revocation)
      const ahead = await scene.start(30 * MINUTE_MS)
      await ahead.tell(scene.revocation())
      const late = await scene.start()
      assert(
        late.peer.holds(revocation),
        'a revocation is kept for at least an hour, also by a clock that is half an hour ahead'
      )
    }
  },
  {
    name: 'a revocation is kept for as long as an instance needs it',
    async run(scene) {
      const one = await scene.process()
      // Tokens that live for two hours: a revocation of an hour and a half ago covers some of them.
      const needs = () => new TestPeer(120 * MINUTE_MS)
      const peer = needs()
      await one.open(peer)
      await scene.untilConnected(one)
      const revocation = scene.revocation(undefined, Date.now() - 90 * MINUTE_MS)
      await one.tell(revocation, peer)
      await one.tell(scene.revocation(), peer)
      const late = await scene.process()
      const latePeer = needs()
      await late.open(latePeer)
      assert(latePeer.holds(revocation), 'a revocation is kept for as long as retentionMs() of a peer says')
    }
  }
]

async function startThree(scene: Scene): Promise<[TestProcess, TestProcess, TestProcess]> {
  return Promise.all([scene.start(), scene.start(), scene.start()])
}
