import t, { type Test } from 'tap'
import type { RedisClient } from '../../../src/revocation/index.js'
import { REDIS_FAMILIES } from '../../fixtures/redis-clients.js'
import { createRedisCluster } from '../../fixtures/redis-cluster.js'
import { type RedisProcess, startProcess, until } from '../../fixtures/redis-processes.js'
import { createRedisSentinelSet } from '../../fixtures/redis-sentinel.js'
import { redisProgram } from '../../fixtures/redis-server.js'

const skip = redisProgram === null ? 'no redis-server or valkey-server is installed' : false
const TAG = '{revocations}'
const noMap = new Map<number, number>()

/** Two processes with clients of one family, and those that start later. */
interface Fleet {
  readonly name: string
  readonly one: RedisProcess
  readonly two: RedisProcess
  join(): Promise<RedisProcess>
}

async function startFleets(t: Test, clientOf: (name: string) => RedisClient | null): Promise<Fleet[]> {
  const fleets: Fleet[] = []
  for (const name of Object.keys(REDIS_FAMILIES)) {
    const client = clientOf(name)
    if (client === null) continue
    const join = () => startProcess(t, client, { key: `${TAG}-${name}`, openTimeoutInMs: 10_000 })
    const [one, two] = await Promise.all([join(), join()])
    fleets.push({ name, one, two, join })
  }
  return fleets
}

const isBack = ({ one, two }: Fleet) => one.isConnected() && two.isConnected()
const sizes = ({ one, two }: Fleet) => [one.revocations.size, two.revocations.size]

/** Each process has told once that its bus went, and once that it is back. */
function toldOnce(t: Test, fleet: Fleet, absences: number): void {
  for (const { changes, lines } of [fleet.one, fleet.two]) {
    t.strictSame(
      changes.map(({ connected }) => connected),
      Array.from({ length: absences * 2 }, (_, index) => index % 2 === 1),
      `${fleet.name}: told as it happened`
    )
    t.notOk(
      changes.some(({ cause }) => cause === 'unknown' || cause === 'connecting'),
      `${fleet.name}: with a cause`
    )
    t.equal(lines.filter(({ level }) => level === 'warn').length, absences, `${fleet.name}: one warning each`)
  }
}

async function revokeAtBoth(t: Test, fleets: readonly Fleet[], id: string, size: number): Promise<void> {
  for (const { name, one, two } of fleets) {
    t.equal(await one.revocations.revoke({ sessionId: `sess_${id}_1` }), true, `${name}: one tells`)
    t.equal(await two.revocations.revoke({ sessionId: `sess_${id}_2` }), true, `${name}: two tells`)
  }
  await until(() => fleets.every((fleet) => sizes(fleet).every((each) => each === size)))
}

async function lateJoiners(t: Test, fleets: readonly Fleet[], size: number): Promise<void> {
  for (const { name, join } of fleets) {
    const late = await join()
    t.equal(late.revocations.size, size, `${name}: a process that starts now knows all`)
    await late.revocations.close()
  }
}

t.test('a cluster', { skip }, async (t) => {
  t.setTimeout(110_000)
  const cluster = await createRedisCluster(TAG)
  t.teardown(() => cluster.close())
  const fleets = await startFleets(t, (name) => REDIS_FAMILIES[name]?.cluster(cluster.ports, noMap) ?? null)
  await revokeAtBoth(t, fleets, 'first', 2)

  await t.test('its node is killed and a replica takes over', async (t) => {
    const owner = await cluster.owner()
    const failedOver = cluster.failOver()
    await until(
      () => !owner.server.isRunning && fleets.every(({ one, two }) => !one.isConnected() && !two.isConnected())
    )
    for (const { name, one } of fleets) {
      t.equal(await one.revocations.revoke({ userId: 'user_meanwhile' }), false, `${name}: kept for later`)
    }
    await failedOver
    await until(() => fleets.every((fleet) => isBack(fleet) && sizes(fleet).every((size) => size === 3)))
    for (const fleet of fleets) {
      toldOnce(t, fleet, 1)
      t.match(fleet.one.changes[1], { connected: true, sent: 1 }, `${fleet.name}: says what it has told`)
    }
    await lateJoiners(t, fleets, 3)
  })

  await t.test('the slot moves to another node', async (t) => {
    await cluster.moveSlot()
    await until(() => fleets.every(({ one, two }) => one.changes.length === 4 && two.changes.length === 4))
    for (const fleet of fleets) {
      toldOnce(t, fleet, 2)
      t.equal(fleet.one.changes[2]?.cause, 'moved', `${fleet.name}: says that it moved`)
    }
    await revokeAtBoth(t, fleets, 'moved', 5)
    await lateJoiners(t, fleets, 5)
  })

  await t.test('all nodes are started again, without data', async (t) => {
    await cluster.kill()
    await cluster.start()
    await until(() => fleets.every((fleet) => isBack(fleet) && fleet.one.changes.length === 6))
    for (const fleet of fleets) toldOnce(t, fleet, 3)
    await lateJoiners(t, fleets, 5)
    await revokeAtBoth(t, fleets, 'again', 7)
  })
})

t.test('Sentinel', { skip }, async (t) => {
  t.setTimeout(110_000)
  const set = await createRedisSentinelSet()
  t.teardown(() => set.close())
  const fleets = await startFleets(t, (name) =>
    // The Sentinel client of node-redis 5 cannot be duplicated.
    name === 'node-redis 5' ? null : (REDIS_FAMILIES[name]?.sentinel(set.sentinelPorts, set.name, noMap) ?? null)
  )
  await revokeAtBoth(t, fleets, 'first', 2)

  await t.test('primary and replica change places', async (t) => {
    await set.switchOver()
    await until(() =>
      fleets.every((fleet) => isBack(fleet) && fleet.one.changes.length >= 2 && fleet.two.changes.length >= 2)
    )
    await revokeAtBoth(t, fleets, 'switched', 4)
    await lateJoiners(t, fleets, 4)
  })

  await t.test('the primary is killed and the replica takes over', async (t) => {
    const failedOver = set.failOver()
    await until(() => fleets.every(({ one, two }) => !one.isConnected() && !two.isConnected()))
    for (const { name, one } of fleets) {
      t.equal(await one.revocations.revoke({ userId: 'user_meanwhile' }), false, `${name}: kept for later`)
    }
    await failedOver
    await until(() => fleets.every((fleet) => isBack(fleet) && sizes(fleet).every((size) => size === 5)))
    await lateJoiners(t, fleets, 5)
    for (const { name, one, two } of fleets) {
      for (const { changes, lines } of [one, two]) {
        t.notOk(
          changes.some(({ cause }) => cause === 'unknown'),
          `${name}: with a cause`
        )
        t.equal(lines.filter(({ level }) => level === 'warn').length, changes.length / 2, `${name}: a warning each`)
      }
    }
  })
})
