import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import { createLocalClerk } from '../../../src/local/index.js'
import { signingKey } from '../../fixtures/app.js'
import { createRedisServer, redisProgram } from '../../fixtures/redis-server.js'
import type { SharingOrder, SharingReport } from '../../fixtures/sharing-process.js'

// Key sets are shared between real processes, each of which finds its set run out once.
t.setTimeout(60_000)

const PAST_FRESHNESS_MS = 301_000
const program = new URL('../../fixtures/sharing-process.js', import.meta.url)
// Where everything is checked, a missing server is a failure.
const skip =
  redisProgram === null && process.env.CI === undefined ? 'no redis-server or valkey-server is installed' : false

async function createEndpoint(t: Test) {
  const clerk = await createLocalClerk({
    instanceType: 'production',
    frontendApi: 'clerk.example.com',
    signingKey,
    tokenLifetimeInMs: 3_600_000
  })
  await clerk.listen()
  t.teardown(() => clerk.close())
  const { publishableKey, secretKey, apiUrl } = clerk.pluginOptions()
  return { clerk, options: JSON.stringify({ publishableKey, secretKey, apiUrl }) }
}

function start(t: Test, env: Readonly<Record<string, string>>): ChildProcess {
  const child = fork(program, { env: { ...process.env, ...env } })
  t.teardown(() => child.kill())
  return child
}

async function tell(child: ChildProcess, order: SharingOrder): Promise<SharingReport> {
  const answer = once(child, 'message')
  child.send(order)
  return (await answer)[0] as SharingReport
}

t.test('Redis: a fleet fetches once, and again once per refresh', { skip }, async (t) => {
  const server = await createRedisServer()
  await server.start()
  t.teardown(() => server.kill())
  const { clerk, options } = await createEndpoint(t)
  const env = { SHARING_OPTIONS: options, SHARING_REDIS_PORT: String(server.port) }
  const first = start(t, env)
  await once(first, 'message')
  const others = Array.from({ length: 3 }, () => start(t, env))
  await Promise.all(others.map((child) => once(child, 'message')))
  t.equal(clerk.requests.count('jwks'), 1, 'four processes, one fetch')

  const order: SharingOrder = { isOrder: true, passMs: PAST_FRESHNESS_MS, token: clerk.signSessionToken() }
  const reports = [await tell(first, order), ...(await Promise.all(others.map((child) => tell(child, order))))]
  t.equal(clerk.requests.count('jwks'), 2, 'one more, though all four sets had run out')
  for (const report of reports) t.match(report, { accepted: true, kids: [clerk.kid] })
  t.strictSame(
    reports.map(({ fetches, adoptedSnapshots }) => [fetches, adoptedSnapshots]),
    [
      [2, 0],
      [0, 2],
      [0, 2],
      [0, 2]
    ]
  )
})

t.test('Redis: a cold process starts without the network', { skip }, async (t) => {
  const server = await createRedisServer()
  await server.start()
  t.teardown(() => server.kill())
  const { clerk, options } = await createEndpoint(t)
  const env = { SHARING_OPTIONS: options, SHARING_REDIS_PORT: String(server.port) }
  await once(start(t, env), 'message')
  clerk.faults.next({ kind: 'hang', on: 'jwks', times: Number.POSITIVE_INFINITY })

  const cold = start(t, env)
  await once(cold, 'message')
  const report = await tell(cold, { isOrder: true, token: clerk.signSessionToken() })
  t.match(report, { accepted: true, fetches: 0, adoptedSnapshots: 1 })
})

t.test('Redis: processes that need keys at the same moment take turns, and fetch once', { skip }, async (t) => {
  const server = await createRedisServer()
  await server.start()
  t.teardown(() => server.kill())
  const redis = new Redis(server.port)
  t.teardown(() => redis.disconnect())
  const { clerk, options } = await createEndpoint(t)
  const env = { SHARING_OPTIONS: options, SHARING_REDIS_PORT: String(server.port), SHARING_TURNS: '1' }
  const fleet = Array.from({ length: 4 }, () => start(t, env))
  await Promise.all(fleet.map((child) => once(child, 'message')))

  const held = clerk.faults.hold('jwks')
  const reports = fleet.map((child) => tell(child, { isOrder: true, token: clerk.signSessionToken() }))
  await held.arrived()
  while (Number(await redis.get('clerk:keys:claims')) < fleet.length);
  held.release()
  for (const report of await Promise.all(reports)) t.match(report, { accepted: true, kids: [clerk.kid] })
  t.equal(clerk.requests.count('jwks'), 1)
})

t.test('node:cluster: three workers fetch once per refresh', async (t) => {
  const { clerk, options } = await createEndpoint(t)
  const primary = start(t, { SHARING_OPTIONS: options, SHARING_WORKERS: '3' })
  const reports: SharingReport[] = []
  const three = () =>
    new Promise<void>((resolve) => {
      const onMessage = (report: SharingReport) => {
        if (reports.push(report) % 3 > 0) return
        primary.off('message', onMessage)
        resolve()
      }
      primary.on('message', onMessage)
    })
  await three()
  t.equal(clerk.requests.count('jwks'), 1)

  primary.send({ isOrder: true, passMs: PAST_FRESHNESS_MS, token: clerk.signSessionToken() } satisfies SharingOrder)
  await three()
  t.equal(clerk.requests.count('jwks'), 2)
  t.strictSame(
    reports.slice(3).map(({ accepted }) => accepted),
    [true, true, true]
  )
})

t.test('worker threads are each on their own', async (t) => {
  const { clerk, options } = await createEndpoint(t)
  const threads = Array.from({ length: 2 }, () => {
    const worker = new Worker(program, { env: { ...process.env, SHARING_OPTIONS: options } })
    t.teardown(() => worker.terminate())
    return worker
  })
  await Promise.all(threads.map((worker) => once(worker, 'message')))
  t.equal(clerk.requests.count('jwks'), 2)
})
