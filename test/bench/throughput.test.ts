import t from 'tap'
import { type Cell, rowOf } from '../../bench/compare/rows.js'
import { bare } from '../../bench/contenders/bare.js'
import { ours } from '../../bench/contenders/ours.js'
import {
  assertUnseen,
  measureAdded,
  measureTogether,
  type PipeGenerator,
  type ThroughputSample
} from '../../bench/measure/throughput.js'
import type { ServerUsage, Traffic } from '../../bench/servers/protocol.js'
import type { ServerProcess } from '../../bench/servers/server-process.js'

const usage: ServerUsage = {
  wallMs: 1000,
  cpuMs: 400,
  loopUtilization: 0.5,
  loopDelayMs: { p50: 1, p99: 2, max: 3 },
  memory: { heapUsed: 0, external: 0, rss: 0 },
  counters: { verifications: 100 }
}
const good: Traffic = { responses: 100, statuses: { 200: 100 }, wallMs: 500, cpuMs: 300, p99Ms: 4, errors: 0 }
const server: ServerProcess = {
  port: 1,
  barePort: 2,
  begin: async () => {},
  end: async () => usage,
  collectGarbage: async () => usage.memory,
  close: async () => {}
}
const generatorOf = (...traffic: Traffic[]): PipeGenerator => ({ send: async () => traffic, close: async () => {} })
const job = { requests: [], connections: 1, pipelining: 1, durationMs: 500, seed: 1 }
const measure = (...traffic: Traffic[]) =>
  measureTogether(
    server,
    generatorOf(...traffic),
    traffic.map(() => job)
  )

t.test('requests are counted against the time of the load, and CPU against all of them', async (t) => {
  const [first, second] = await measure(good, { ...good, responses: 300, statuses: { 200: 300 } })
  t.equal(first?.requestsPerSecond, 200)
  t.equal(second?.requestsPerSecond, 600)
  t.equal(first?.cpuMicroseconds, 1000)
  t.equal(second?.cpuMicroseconds, 1000)
})

t.test('the generator is compared with the server by CPU time', async (t) => {
  const [slower] = await measure(good)
  t.equal(slower?.generatorShare, 0.75)
  const [busier] = await measure({ ...good, cpuMs: 500 })
  t.equal(busier?.generatorShare, 1.25)
})

t.test('a measurement with other responses, errors or none at all is not counted', async (t) => {
  const message = /Only responses with status 200/
  await t.rejects(measure({ ...good, statuses: { 200: 99, 401: 1 } }), { message })
  await t.rejects(measure({ ...good, errors: 1 }), { message })
  await t.rejects(measure({ ...good, responses: 0, statuses: {} }), { message })
  await t.rejects(measure(good, { ...good, errors: 1 }), { message }, 'the second of two')
})

t.test('a token that the server had in memory is no first-seen one', async (t) => {
  const [sample] = (await measure(good)) as [ThroughputSample]
  t.equal(assertUnseen(sample), sample)
  t.throws(() => assertUnseen({ ...sample, responses: 101 }), { message: /Of 101 tokens .* only 100 were verified/ })
})

t.test('a row of the comparison stands beside bare Fastify with the same carrier and tokens', async (t) => {
  const [sample] = (await measure(good)) as [ThroughputSample]
  const cell = (
    contender: Cell['contender'],
    cpuMicroseconds: number,
    generatorShare = 0.5,
    more: object = {}
  ): Cell => {
    const samples = [{ ...sample, cpuMicroseconds, generatorShare }]
    return { contender, carrier: 'bearer', tokens: 'known', samples, again: samples, ...more }
  }
  const others = [cell(bare, 10, 0.5, { carrier: 'cookie' }), cell(bare, 20, 0.5, { tokens: 'first seen' })]
  const row = rowOf(cell(ours, 60), [...others, cell(bare, 40)])
  t.equal(row.cpu.ratio.median, 1.5)
  t.equal(row.generatorShare, 0.5)
  const without = rowOf(cell(ours, 60), [...others, cell(bare, 40, 1.1)])
  t.ok(Number.isNaN(without.cpu.ratio.median), 'a baseline that the generator made is none')
  t.equal(without.cpuMicroseconds.median, 60)
})

t.test('what a contender adds is the median difference to bare Fastify, over turns in either order', async (t) => {
  // Milliseconds of CPU of 100 requests, turn by turn: V8 compiles in the first turn of the contender.
  const cpuMs: Readonly<Record<number, number[]>> = { 1: [9.9, 1.6, 1.8], 2: [1, 1, 1.1] }
  const ports: number[] = []
  let port = 0
  const turns: ServerProcess = { ...server, end: async () => ({ ...usage, cpuMs: cpuMs[port]?.shift() ?? Number.NaN }) }
  const generator: PipeGenerator = {
    async send(jobs) {
      port = (jobs as readonly { port: number }[])[0]?.port ?? 0
      ports.push(port)
      return [good]
    },
    close: async () => {}
  }
  const { cpuMicroseconds } = await measureAdded(turns, generator, job, 3)
  t.strictSame(ports, [1, 2, 2, 1, 1, 2])
  t.ok(Math.abs(cpuMicroseconds - 7) < 1e-9, `${cpuMicroseconds} of 89, 6 and 7`)
  await t.rejects(measureAdded({ ...server, barePort: null }, generator, job, 2), /no bare Fastify/)
})
