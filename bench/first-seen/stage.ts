import { everyContender } from '../contenders/index.js'
import type { RoadName } from '../contenders/roads.js'
import { chooseCores } from '../measure/cores.js'
import { assertCorrect, type Client, createClient } from '../measure/gate.js'
import {
  assertUnseen,
  measureAdded,
  measureThroughput,
  measureTogether,
  startPipeGenerator,
  type ThroughputSample
} from '../measure/throughput.js'
import { startServer } from '../servers/server-process.js'
import type { Settings } from '../settings.js'
import { createInstance, createSigningKey, type Trust, trustOf } from '../traffic/material.js'
import type { KeptRequests } from '../traffic/pipe-generator.js'
import { signMany } from '../traffic/signer.js'
import { openRoad } from './clients.js'

/** What a row's requests are: the two carriers of session tokens, or one of the other roads. */
export type Way = 'bearer' | 'cookie' | RoadName

/**
 * - `known`: tokens that the server has seen, on a core of its own
 * - `added`: the same, in turns with bare Fastify in the same process; its CPU is what it adds to that
 * - `alone`: the same with all cores, for comparison with `beside`
 * - `beside`: the same, while as many connections bring tokens never seen
 * - `first seen`: tokens never seen, by a server that is warm
 * - `cold`: the first requests of a new process, all with tokens never seen
 */
export type Load = 'known' | 'added' | 'alone' | 'beside' | 'first seen' | 'cold'

/** Under these loads two processes differ by more than is to be measured. Of several, the one of median CPU time counts. */
const VARYING: ReadonlySet<Load> = new Set(['added', 'cold'])

/** A contender under one load, in a new process every time. */
export interface Cell {
  readonly contender: string
  readonly way: Way
  readonly load: Load
}

export interface Stage {
  readonly isPinned: boolean
  readonly trust: Trust
  /** Tokens that nobody has seen. */
  readonly tokens: readonly string[]
  sample(cell: Cell, seed: number): Promise<ThroughputSample>
  close(): Promise<void>
}

interface Scene {
  readonly trust: Trust
  readonly client: Client
  close(): Promise<void>
}

/** Starts instances and load generators, signs the tokens, and sends the cells' contenders through the gate. */
export async function openStage(settings: Settings, cells: readonly Cell[]): Promise<Stage> {
  const { connections, pipelining, knownTokens, roundMs, warmupMs, added, ...counts } = settings['first-seen']
  // Within the budget for API keys that were never good.
  const countKnown = (way: Way) => (way === 'apiKey' ? Math.min(knownTokens, 50) : knownTokens)
  const cores = chooseCores()
  const signingKey = createSigningKey()
  const clerk = await createInstance(signingKey)
  const scenes = new Map<Way, Scene>()
  for (const way of new Set(cells.map((cell) => cell.way))) {
    const isPlain = way === 'bearer' || way === 'cookie'
    scenes.set(
      way,
      isPlain
        ? { trust: trustOf(clerk), client: createClient(clerk, way), close: async () => {} }
        : await openRoad[way](signingKey)
    )
  }
  await gate(cells, scenes)

  // Known tokens leave the server no work that another core could take. First-seen ones do: they have all cores.
  const pinned = startPipeGenerator(cores?.generator ?? null)
  const free = startPipeGenerator()
  const tokens = await signMany(signingKey, counts.warmupTokens + counts.firstSeenTokens, { kid: clerk.kid })
  for (const [way, { client }] of scenes) {
    const count = countKnown(way)
    const users = Array.from({ length: count }, (_, user) => client.headers(client.issue(`${user}`)))
    for (const generator of [pinned, free]) await generator.send({ keep: `known ${way}`, requests: users })
    if (way === 'bearer' || way === 'cookie') await free.send({ keep: way, requests: tokens.map(client.headers) })
  }

  async function sampleProcess({ contender, way, load }: Cell, seed: number): Promise<ThroughputSample> {
    const { trust, client } = scenes.get(way) as Scene
    const core = load === 'known' || load === 'added' ? (cores?.server ?? null) : null
    const server = await startServer({ contender, trust, core, barePath: load === 'added' ? client.path : null })
    const job = { path: client.path, connections, pipelining, seed }
    const all: KeptRequests = { kept: way, from: 0, to: tokens.length }
    const known = { ...job, requests: { kept: `known ${way}`, from: 0, to: countKnown(way) } }
    // A full collection drops code too: it comes between two halves of the warm-up, and not before the measurement.
    const halfMs = warmupMs / 2
    const half = Math.floor(counts.warmupTokens / 2)
    const first = { ...job, durationMs: null, requests: { ...all, to: half } }
    const second = { ...job, durationMs: null, requests: { ...all, from: half, to: counts.warmupTokens } }
    try {
      switch (load) {
        case 'known':
          // One at a time: about unknown API keys, Clerk is asked no faster.
          await measureThroughput(server, pinned, { ...known, connections: 1, durationMs: null })
          await measureThroughput(server, pinned, { ...known, durationMs: halfMs })
          await server.collectGarbage()
          await measureThroughput(server, pinned, { ...known, durationMs: halfMs })
          return await measureThroughput(server, pinned, { ...known, durationMs: roundMs })
        case 'added': {
          await measureThroughput(server, pinned, { ...known, connections: 1, durationMs: null })
          const turn = { ...known, connections: added.connections, pipelining: added.pipelining }
          await server.collectGarbage()
          await measureAdded(server, pinned, { ...turn, durationMs: added.warmupMs }, 2)
          return await measureAdded(server, pinned, { ...turn, durationMs: added.turnMs }, added.pairs)
        }
        case 'alone':
          await measureThroughput(server, free, { ...known, durationMs: halfMs })
          await server.collectGarbage()
          await measureThroughput(server, free, { ...known, durationMs: halfMs })
          return await measureThroughput(server, free, { ...known, durationMs: roundMs })
        case 'first seen': {
          await measureThroughput(server, free, first)
          await server.collectGarbage()
          await measureThroughput(server, free, second)
          const measured = { ...job, durationMs: null, requests: { ...all, from: counts.warmupTokens } }
          return assertUnseen(await measureThroughput(server, free, measured))
        }
        case 'cold': {
          const cold = { ...job, durationMs: null, requests: { ...all, to: counts.coldRequests } }
          return assertUnseen(await measureThroughput(server, free, cold))
        }
        case 'beside': {
          await measureTogether(server, free, [{ ...known, durationMs: halfMs }, first])
          await server.collectGarbage()
          await measureTogether(server, free, [{ ...known, durationMs: halfMs }, second])
          const unseen = {
            ...job,
            durationMs: roundMs,
            once: true,
            requests: { ...all, from: counts.warmupTokens }
          }
          const [users, newcomers] = await measureTogether(server, free, [{ ...known, durationMs: roundMs }, unseen])
          if ((newcomers?.wallMs ?? 0) < 0.95 * roundMs) throw new Error('The tokens that nobody has seen ran out')
          return users as ThroughputSample
        }
      }
    } finally {
      await server.close()
    }
  }

  return {
    isPinned: cores !== null,
    trust: trustOf(clerk),
    tokens,
    async sample(cell, seed) {
      const count = VARYING.has(cell.load) ? counts.processes : 1
      const samples: ThroughputSample[] = []
      for (let n = 0; n < count; n++) samples.push(await sampleProcess(cell, seed))
      samples.sort((a, b) => a.cpuMicroseconds - b.cpuMicroseconds)
      return samples[Math.floor(count / 2)] as ThroughputSample
    },
    async close() {
      await Promise.all([pinned.close(), free.close()])
      for (const scene of scenes.values()) await scene.close()
      await clerk.close()
    }
  }
}

async function gate(cells: readonly Cell[], scenes: ReadonlyMap<Way, Scene>): Promise<void> {
  const chosen = new Map(cells.map((cell) => [`${cell.contender} (${cell.way})`, cell]))
  const servers = await Promise.all(
    [...chosen].map(async ([name, { contender, way }]) => {
      const { trust, client } = scenes.get(way) as Scene
      const refuses = everyContender.find((known) => known.name === contender)?.refuses ?? []
      return { name, refuses, client, server: await startServer({ contender, trust }) }
    })
  )
  try {
    await assertCorrect(servers.map(({ server, ...gated }) => ({ ...gated, port: server.port })))
  } finally {
    await Promise.all(servers.map(({ server }) => server.close()))
  }
}
