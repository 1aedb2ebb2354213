import { type Profile, profiles, type RoundFacts } from '../load/profiles.js'
import { chooseCores, describeCores } from '../measure/cores.js'
import { createProgress } from '../measure/progress.js'
import { quantile, type Summary, summarize } from '../measure/statistics.js'
import type { PartResult } from '../report/result.js'
import { formatNumber } from '../report/table.js'
import { startServer } from '../servers/server-process.js'
import type { Settings } from '../settings.js'
import type { CannonJob, StreamResult } from '../traffic/autocannon-generator.js'
import { type GeneratorProcess, startGenerator } from '../traffic/generator-process.js'
import { createInstance, trustOf } from '../traffic/material.js'

type Cannon = GeneratorProcess<CannonJob, StreamResult[]>

interface StreamSummary {
  readonly profile: string
  readonly stream: string
  readonly requestsPerSecond: Summary
  readonly p50Ms: Summary
  readonly p99Ms: Summary
  readonly maxMs: Summary
  readonly statuses: Readonly<Record<string, number>>
  readonly cpuMicroseconds: Summary
  readonly loopDelayP99Ms: Summary
  readonly keyFetches: number
  /** Median CPU time of the load generator, of the server's. Above 1 the pace is the generator's. */
  readonly generatorShare: number
}

/** Measures the server under mixed traffic. Keys come from a local instance over HTTP. */
export async function load(settings: Settings, only: readonly string[] = []): Promise<PartResult> {
  const chosen = profiles.filter(({ name }) => only.length === 0 || only.includes(name))
  const cores = chooseCores()
  const pinned: Cannon = startGenerator('autocannon-generator.js', cores?.generator ?? null)
  const free: Cannon = startGenerator('autocannon-generator.js')
  const progress = createProgress('load', chosen.length * settings.load.rounds)
  const summaries: StreamSummary[] = []
  try {
    for (const profile of chosen) {
      const rounds: RoundFacts[] = []
      for (let round = 0; round < settings.load.rounds; round++) {
        progress.step(`${profile.name}, round ${round + 1}`)
        // Without signatures to check, another core could take nothing off the server.
        const place = profile.hasNewTokens
          ? { cannon: free, core: null }
          : { cannon: pinned, core: cores?.server ?? null }
        rounds.push(await runRound(profile, place, settings, round))
      }
      summaries.push(...summarizeRounds(profile, rounds))
    }
    progress.done()
    return describe(summaries, chosen, cores !== null)
  } finally {
    await Promise.all([pinned.close(), free.close()])
  }
}

async function runRound(
  profile: Profile,
  { cannon, core }: { readonly cannon: Cannon; readonly core: number | null },
  settings: Settings,
  round: number
): Promise<RoundFacts> {
  const clerk = await createInstance()
  const origin = await clerk.listen()
  const apiUrl = origin.replace('localhost', '127.0.0.1')
  const endpoints = { apiUrl, proxyUrl: origin, jwksUrl: `${apiUrl}/.well-known/jwks.json` }
  const planned = await profile.createRound(clerk, settings, round)
  const trust = { ...trustOf(clerk), endpoints }
  const server = await startServer({ contender: 'fastify-clerk-auth', trust, core })
  try {
    const { durationMs, connections } = settings.load
    const { port } = server
    if (planned.warmup.length > 0) {
      // Three passes: then every token is known, and the code on their way is compiled.
      const amount = planned.warmup.length * 3
      const warmup = { name: 'warm-up', requests: planned.warmup, connections, amount, spread: true }
      await cannon.send({ port, durationMs, streams: [warmup] })
    }
    const streams = await planned.streams()
    clerk.requests.clear()
    await server.begin()
    const results = await cannon.send({ port, durationMs, streams })
    const usage = await server.end()
    const facts = { usage, streams: results, keyFetches: clerk.requests.count('jwks') }
    planned.check(facts)
    return facts
  } catch (cause) {
    throw new Error(`The profile ${profile.name} did not run as it has to`, { cause })
  } finally {
    await server.close()
    await clerk.close()
  }
}

function summarizeRounds(profile: Profile, rounds: readonly RoundFacts[]): StreamSummary[] {
  const names = rounds[0]?.streams.map((stream) => stream.name) ?? []
  return names.map((name, index) => {
    const streams = rounds.map((round) => round.streams[index] as StreamResult)
    const over = (value: (stream: StreamResult) => number) => summarize(streams.map(value))
    const cpu = rounds.map(({ usage, streams }) => {
      const responses = streams.reduce((total, stream) => total + stream.responses, 0)
      return (usage.cpuMs / responses) * 1000
    })
    const shares = rounds.map(({ usage, streams: [stream] }) => (stream?.cpuMs ?? 0) / usage.cpuMs)
    return {
      profile: profile.name,
      stream: name,
      requestsPerSecond: over((stream) => (stream.responses / stream.wallMs) * 1000),
      p50Ms: over((stream) => quantile(stream.latenciesMs, 0.5)),
      p99Ms: over((stream) => quantile(stream.latenciesMs, 0.99)),
      maxMs: over((stream) => quantile(stream.latenciesMs, 1)),
      statuses: streams[streams.length - 1]?.statuses ?? {},
      cpuMicroseconds: summarize(cpu),
      loopDelayP99Ms: summarize(rounds.map((round) => round.usage.loopDelayMs.p99)),
      keyFetches: Math.max(...rounds.map((round) => round.keyFetches)),
      generatorShare: quantile(shares, 0.5)
    }
  })
}

const listOf = (chosen: readonly Profile[], hasNewTokens: boolean) =>
  chosen
    .filter((profile) => profile.hasNewTokens === hasNewTokens)
    .map(({ name }) => name)
    .join(', ') || 'no profile'

function describe(summaries: readonly StreamSummary[], chosen: readonly Profile[], isPinned: boolean): PartResult {
  const statuses = (counts: Readonly<Record<string, number>>) =>
    Object.entries(counts)
      .map(([status, count]) => `${count.toLocaleString('en-US')}×${status}`)
      .join(' ')
  return {
    part: 'load',
    data: { summaries, isPinned },
    tables: [
      {
        title: 'Load profiles',
        columns: [
          'profile: stream',
          'requests/s',
          'p50 ms',
          'p99 ms',
          'max ms',
          'CPU µs/request',
          'loop delay p99 ms',
          'key fetches',
          'generator/server CPU',
          'responses, last round'
        ],
        rows: summaries.map((row) => [
          `${row.profile}: ${row.stream}`,
          ...(row.generatorShare > 1
            ? ['withheld', 'withheld', 'withheld', 'withheld']
            : [row.requestsPerSecond, row.p50Ms, row.p99Ms, row.maxMs].map(({ median }) => formatNumber(median))),
          formatNumber(row.cpuMicroseconds.median),
          formatNumber(row.loopDelayP99Ms.median),
          row.keyFetches,
          row.generatorShare.toFixed(2),
          statuses(row.statuses)
        ]),
        notes: [
          ...chosen.map(({ name, what }) => `${name}: ${what}.`),
          'Load: autocannon, which sends the next request of a connection when the last is answered. Where it used more CPU than the server, rates and times are withheld.',
          describeCores(isPinned, listOf(chosen, false), listOf(chosen, true)),
          'CPU and loop delay are the server’s over all streams of the profile. Key fetches: the most in any round.'
        ]
      }
    ],
    charts: [
      {
        title: 'p99 latency by profile',
        kind: 'bars',
        xLabel: 'ms; shorter is better',
        yLabel: '',
        logarithmic: false,
        note: 'The line spans the middle half of the rounds.',
        marks: summaries
          .filter(({ generatorShare }) => generatorShare <= 1)
          .map(({ profile, stream, p99Ms }) => ({
            at: `${profile}: ${stream}`,
            series: 'p99',
            value: p99Ms.median,
            low: p99Ms.low,
            high: p99Ms.high
          }))
      }
    ]
  }
}
