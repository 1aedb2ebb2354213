import t from 'tap'
import type { RevocationBusHealth, RevocationPeer } from '../../../src/core/revocation/bus.js'
import type { Revocation } from '../../../src/core/revocation/revocation.js'
import { parseRevocation, serializeRevocation } from '../../../src/core/revocation/wire-format.js'
import { createMemoryBus, type RevocationBusWorld, testRevocationBus } from '../../../src/revocation/index.js'
import { createModelWorld, ModelBus, type ModelBusClass } from '../../fixtures/model-bus.js'

// The kit passes a bus that keeps every promise, and names the promise that each mutant of that bus breaks.

const BROKEN = { code: 'FST_CLERK_REVOCATION_BUS_PROMISE' }

interface Mutant {
  readonly bus: ModelBusClass
  /** The case that has to catch it; others may too. */
  readonly caughtBy: string
  readonly message: RegExp
}

let messages = 0

function targetOf(revocation: Revocation): string {
  return JSON.stringify(serializeRevocation({ ...revocation, atMs: 0 }))
}

const mutants: Readonly<Record<string, Mutant>> = {
  'carries no memberships': {
    bus: class extends ModelBus {
      protected override share(revocations: readonly Revocation[]) {
        super.share(revocations.filter((revocation) => serializeRevocation(revocation)[2] === null))
      }
    },
    caughtBy: 'a revocation reaches every other process, whatever its target',
    message: /reaches the other processes; not so after/
  },
  'tells of a revocation that nobody made': {
    bus: class extends ModelBus {
      protected override deliver(rows: Iterable<unknown>) {
        super.deliver([...rows, ['everybody', null, null, Date.now()]])
      }
    },
    caughtBy: 'a revocation reaches every other process, whatever its target',
    message: /a peer received another one/
  },
  'drops messages': {
    bus: class extends ModelBus {
      override hear(text: string) {
        if (++messages % 100 !== 0) super.hear(text)
      }
    },
    caughtBy: 'revocations made at once all arrive',
    message: /none is lost/
  },
  'tells nothing to processes that start later': {
    bus: class extends ModelBus {
      protected override reconcile() {}
    },
    caughtBy: 'a process that starts later knows what was revoked before',
    message: /open\(\) resolves when/
  },
  'lets the engine forget with the last process': {
    bus: class extends ModelBus {
      override async close(peer?: RevocationPeer) {
        await super.close(peer)
        if (this.engine.listeners.size === 0) this.engine.memory.clear()
      }
    },
    caughtBy: 'a process that starts when all others have ended knows what they revoked',
    message: /engine keeps revocations/
  },
  'tells other processes only': {
    bus: class extends ModelBus {
      override async publish(revocation: Revocation) {
        if (!this.engine.reaches(this)) return false
        this.share([revocation])
        return true
      }
      override hear(text: string) {
        const own = this.read(text)?.map(parseRevocation) ?? []
        const isOwn = [...this.peers].some((peer) => {
          const known = [...peer.known()].map((revocation) => JSON.stringify(revocation))
          return own.every((revocation) => known.includes(JSON.stringify(revocation)))
        })
        if (!isOwn) super.hear(text)
      }
    },
    caughtBy: 'instances that share the bus of their process tell each other, and hear the other processes',
    message: /other peers of the same bus/
  },
  'gives the memory to the first peer only': {
    bus: class extends ModelBus {
      protected override reconcile() {
        if (this.peers.size === 1) super.reconcile()
      }
    },
    caughtBy: 'an instance that joins an open bus knows what other processes revoked before',
    message: /joins an open bus/
  },
  'closes when one of its peers leaves': {
    bus: class extends ModelBus {
      override close() {
        return super.close()
      }
    },
    caughtBy: 'an instance that leaves takes the bus from nobody, and hears nothing more',
    message: /stays connected while it has a peer/
  },
  'delivers to peers that have left': {
    bus: class extends ModelBus {
      readonly #all = new Set<RevocationPeer>()
      override open(peer: RevocationPeer) {
        this.#all.add(peer)
        return super.open(peer)
      }
      override hear(text: string) {
        for (const peer of this.#all) this.peers.add(peer)
        super.hear(text)
      }
    },
    caughtBy: 'an instance that leaves takes the bus from nobody, and hears nothing more',
    message: /has left receives nothing/
  },
  'counts how often a peer opens': {
    bus: class extends ModelBus {
      #opened = 0
      override open(peer: RevocationPeer) {
        this.#opened++
        return super.open(peer)
      }
      override async close(peer?: RevocationPeer) {
        if (peer === undefined || --this.#opened === 0) await super.close(peer)
      }
    },
    caughtBy: 'an instance that opens twice joins once',
    message: /leaves with one close/
  },
  'opens once in its life': {
    bus: class extends ModelBus {
      #wasOpen = false
      override async open(peer: RevocationPeer) {
        if (this.#wasOpen && this.peers.size === 0) return
        this.#wasOpen = true
        await super.open(peer)
      }
    },
    caughtBy: 'a bus that was closed can be opened again, and has then heard what it missed',
    message: /says connected once the bus is open/
  },
  'publishes what it hears': {
    bus: class extends ModelBus {
      override hear(text: string) {
        super.hear(text)
        this.engine.send(text)
      }
    },
    caughtBy: 'a revocation told again changes nothing and does not go round for ever',
    message: /deliveries come to an end/
  },
  'keeps the moment that came last': {
    bus: class extends ModelBus {
      protected override share(revocations: readonly Revocation[]) {
        const targets = revocations.map(targetOf)
        for (const [key, row] of this.engine.memory) {
          const known = parseRevocation(row)
          if (known !== null && targets.includes(targetOf(known))) this.engine.memory.delete(key)
        }
        super.share(revocations)
      }
    },
    caughtBy: 'of several moments of one target the latest counts, in whatever order they come',
    message: /latest moment of a target/
  },
  'takes its own clock for the moment': {
    bus: class extends ModelBus {
      protected override share(revocations: readonly Revocation[]) {
        super.share(revocations.map((revocation) => ({ ...revocation, atMs: Date.now() })))
      }
    },
    caughtBy: 'a process whose clock is ahead or behind tells and hears moments as they are',
    message: /whatever the clocks say/
  },
  'keeps revocations for ten minutes': {
    bus: class extends ModelBus {
      protected override retentionMs = () => 600_000
    },
    caughtBy: 'a process whose clock is half an hour ahead takes no revocation from those that start later',
    message: /kept for at least an hour/
  },
  'does not ask its peers how long they need a revocation': {
    bus: class extends ModelBus {
      protected override retentionMs = () => 3_600_000
    },
    caughtBy: 'a revocation is kept for as long as an instance needs it',
    message: /retentionMs\(\) of a peer/
  },
  'says connected before it has caught up': {
    bus: class extends ModelBus {
      override noticed() {
        const isBack = this.sinceMs !== null && this.engine.reaches(this)
        if (!isBack || this.peers.size === 0) return super.noticed()
        this.sinceMs = null
        setTimeout(() => super.noticed(), 100)
      }
    },
    caughtBy: 'a process that was cut off has heard what it missed when it says connected again',
    message: /has delivered what was revoked meanwhile/
  },
  'takes no notice of short interruptions': {
    bus: class extends ModelBus {
      #since = 0
      override noticed() {
        const reaches = this.engine.reaches(this)
        if (!reaches && this.sinceMs === null) this.#since ||= Date.now()
        const isShort = reaches && this.#since > 0 && Date.now() - this.#since < 20
        if (reaches) this.#since = 0
        if (isShort) this.sinceMs = null
        else super.noticed()
      }
    },
    caughtBy: 'a message lost in an interruption that ends at once is delivered all the same',
    message: /is made up for/
  },
  'overlooks that the engine has lost its memory': {
    bus: class extends ModelBus {
      #wasConnected = false
      protected override reconcile() {
        if (!this.#wasConnected) super.reconcile()
        else this.deliver(this.engine.memory.values())
        this.#wasConnected = true
      }
    },
    caughtBy: 'an engine that comes back at once and empty gets every revocation again',
    message: /between two heartbeats/
  },
  'sends nothing again that it could not send': {
    bus: class extends ModelBus {
      protected override reconcile() {
        this.deliver(this.engine.memory.values())
      }
    },
    caughtBy: 'what a process revokes while it is cut off is told when it is back',
    message: /is told on return/
  },
  'rejects while the engine is away': {
    bus: class extends ModelBus {
      override async publish(revocation: Revocation, from?: RevocationPeer) {
        if (!(await super.publish(revocation, from)) && this.peers.size > 0) throw new Error('ECONNREFUSED')
        return true
      }
    },
    caughtBy: 'what several processes revoke while the engine is away is told when it is back, in every outage',
    message: /publish\(\) never throws and never rejects; it gave Error: ECONNREFUSED/
  },
  'gives the engine only what it could not send': {
    bus: class extends ModelBus {
      #unsent: Revocation[] = []
      override async publish(revocation: Revocation, from?: RevocationPeer) {
        const isSent = await super.publish(revocation, from)
        if (!isSent) this.#unsent.push(revocation)
        return isSent
      }
      protected override reconcile() {
        this.deliver(this.engine.memory.values())
        this.share(this.#unsent)
      }
    },
    caughtBy: 'an engine that comes back empty gets every revocation again',
    message: /a later one hears it/
  },
  'waits for the engine without end': {
    bus: class extends ModelBus {
      override open(peer: RevocationPeer) {
        return this.engine.isUp ? super.open(peer) : new Promise<void>(() => {})
      }
    },
    caughtBy: 'a start without the engine ends in time, and the bus joins by itself when it is there',
    message: /open\(\) settles/
  },
  'says true while it is away': {
    bus: class extends ModelBus {
      override async publish(revocation: Revocation, from?: RevocationPeer) {
        await super.publish(revocation, from)
        return this.peers.size > 0
      }
    },
    caughtBy: 'what a process revokes while it is cut off is told when it is back',
    message: /resolves to false while the bus is away/
  },
  'tells nobody while the engine is away': {
    bus: class extends ModelBus {
      override async publish(revocation: Revocation, from?: RevocationPeer) {
        return this.engine.reaches(this) && super.publish(revocation, from)
      }
    },
    caughtBy: 'while the engine is away, instances that share a bus still tell each other',
    message: /without the engine/
  },
  'is always connected': {
    bus: class extends ModelBus {
      override health(): RevocationBusHealth {
        return { kind: 'model', connected: true, disconnectedSinceMs: null }
      }
    },
    caughtBy: 'a bus without peers is not connected: never opened, or closed',
    message: /never opened is not connected/
  },
  'closes only once': {
    bus: class extends ModelBus {
      #isClosed = false
      override async close(peer?: RevocationPeer) {
        if (this.#isClosed && this.peers.size === 0) throw new Error('closed already')
        await super.close(peer)
        this.#isClosed = this.peers.size === 0
      }
    },
    caughtBy: 'calls at odd times neither throw nor reject',
    message: /close\(\) never throws/
  },
  'does not say since when it is away': {
    bus: class extends ModelBus {
      override health(): RevocationBusHealth {
        const health = super.health()
        return { ...health, disconnectedSinceMs: this.peers.size > 0 ? null : health.disconnectedSinceMs }
      }
    },
    caughtBy: 'a bus whose engine goes says so, since when, and says when it is back',
    message: /disconnectedSinceMs: null/
  },
  'does not notice that it hears nothing': {
    bus: class extends ModelBus {
      override noticed() {
        if (this.engine.cut.has(this)) return
        super.noticed()
      }
    },
    caughtBy: 'a bus that hears nothing any more is not connected, whatever its connections say',
    message: /does not say connected of a bus that hears nothing/
  },
  'loses a message for one row of it': {
    bus: class extends ModelBus {
      protected override deliver(rows: Iterable<unknown>) {
        const all = [...rows]
        if (all.every((row) => parseRevocation(row) !== null)) super.deliver(all)
      }
    },
    caughtBy: 'a revocation of a form that this version does not know is ignored, and those beside it are not lost',
    message: /loses none of the others/
  },
  'stops at a message that it cannot read': {
    bus: class extends ModelBus {
      protected override read(text: string) {
        const rows = super.read(text)
        if (rows === null) this.engine.listeners.delete(this)
        return rows
      }
    },
    caughtBy: 'a message that is not of this bus is ignored',
    message: /resolves to true while the bus is connected|not of its making/
  }
}

t.test('a bus that keeps every promise passes', async (t) => {
  for (const { name, skip, run } of testRevocationBus(() => createModelWorld())) {
    t.equal(skip, false)
    await t.resolves(run(), name)
  }
})

t.test('a mutant fails the case that is about what it breaks', async (t) => {
  for (const [name, { bus, caughtBy, message }] of Object.entries(mutants)) {
    const cases = testRevocationBus(() => createModelWorld(bus), { timeoutInMs: 250 })
    const found = cases.find((one) => one.name === caughtBy)
    if (found === undefined) t.fail(`${name}: there is no case '${caughtBy}'`)
    else await t.rejects(found.run(), { ...BROKEN, message }, `${name}: ${caughtBy}`)
  }
})

t.test('there is no case that no mutant fails', async (t) => {
  const names = testRevocationBus(() => createModelWorld()).map(({ name }) => name)
  const catching = Object.values(mutants).map(({ caughtBy }) => caughtBy)
  t.strictSame(
    names.filter((name) => !catching.includes(name)),
    []
  )
  t.equal(new Set(names).size, names.length, 'names are unique')
})

t.test(
  'a fault that the world lacks fails its cases, unless a reason is given: then they are skipped with it',
  async (t) => {
    const joinBus = createMemoryBus()
    const world: RevocationBusWorld = { bus: joinBus }
    for (const { name, skip, run } of testRevocationBus(() => world)) {
      t.equal(skip, false)
      if (name.includes('cut off')) {
        await t.rejects(
          run(),
          { code: 'FST_CLERK_OPTION_TYPE', message: /^cutOff of the world must be a function/ },
          name
        )
      }
    }
    const reason = 'nothing is between the peers of one process'
    const skipped = testRevocationBus(() => world, { without: { cutOff: reason } }).filter(({ skip }) => skip !== false)
    t.ok(skipped.length > 0)
    for (const { skip, name } of skipped) t.equal(skip, reason, name)
  }
)

t.test('each case has a world of its own, which is closed whatever comes of the case', async (t) => {
  let made = 0
  let closed = 0
  const cases = testRevocationBus(
    () => {
      made++
      return { ...createModelWorld(mutants['is always connected']?.bus), close: () => void closed++ }
    },
    { timeoutInMs: 50 }
  )
  t.equal(made, 0)
  const results = await Promise.allSettled(cases.map(({ run }) => run()))
  t.ok(results.some(({ status }) => status === 'rejected'))
  t.strictSame([made, closed], [cases.length, cases.length])
})

t.test('bad options are refused by name', async (t) => {
  const make = () => createModelWorld()
  t.throws(() => testRevocationBus(null as never), {
    code: 'FST_CLERK_OPTION_TYPE',
    message: /testRevocationBus\.make/
  })
  const refused: [object, string, RegExp][] = [
    [{ timeoutMs: 5 }, 'FST_CLERK_OPTION_UNKNOWN', /testRevocationBus\.timeoutMs/],
    [{ timeoutInMs: 1 }, 'FST_CLERK_OPTION_RANGE', /testRevocationBus\.timeoutInMs/],
    [{ without: { stopp: 'no' } }, 'FST_CLERK_OPTION_TYPE', /stop, startAgain/],
    [{ without: { stop: '' } }, 'FST_CLERK_OPTION_EMPTY', /without\.stop/],
    [{ without: { stop: true } }, 'FST_CLERK_OPTION_TYPE', /without\.stop/]
  ]
  for (const [options, code, message] of refused) t.throws(() => testRevocationBus(make, options), { code, message })
})
