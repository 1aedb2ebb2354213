import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ALL_REFUSALS } from '../contenders/contender.js'
import { HERE } from '../contenders/ours.js'
import { chooseCores, describeCores } from '../measure/cores.js'
import { assertCorrect, createClient } from '../measure/gate.js'
import { createProgress } from '../measure/progress.js'
import { judgeCost, pairedRatio, quantile, type Summary, summarize } from '../measure/statistics.js'
import { measureThroughput, startPipeGenerator } from '../measure/throughput.js'
import type { PartResult } from '../report/result.js'
import { formatNumber } from '../report/table.js'
import { startServer } from '../servers/server-process.js'
import type { Settings } from '../settings.js'
import { type Carrier, createInstance, createSigningKey, headersFor, signToken, trustOf } from '../traffic/material.js'
import { createRandom, shuffle } from '../traffic/random.js'
import { signMany } from '../traffic/signer.js'

/** `again` is a second server of the other revision: its difference from the first is the noise of the measurement. */
type Side = 'there' | 'again' | 'here'
type Tokens = 'known' | 'first seen'

const CARRIERS: readonly Carrier[] = ['bearer', 'cookie']
const SIDES: readonly Side[] = ['there', 'again', 'here']
const TOKENS: readonly Tokens[] = ['known', 'first seen']

/**
 * Compares this working tree with another revision, with tokens seen before and with tokens that are all new, and the
 * other revision with itself. The verdict names a difference only beyond the measured noise.
 */
export async function against(settings: Settings, revision: string): Promise<PartResult> {
  const { rounds, connections, pipelining, firstSeenTokens } = settings.against
  const folder = mkdtempSync(join(tmpdir(), 'against-'))
  const signingKey = createSigningKey()
  const clerk = await createInstance(signingKey)
  const cores = chooseCores()
  const pinned = startPipeGenerator(cores?.generator ?? null)
  const free = startPipeGenerator()
  const cells: Awaited<ReturnType<typeof startCell>>[] = []
  const startCell = async (side: Side, root: string, carrier: Carrier, tokens: Tokens) => {
    // Known tokens leave the server no work that another core could take. First-seen ones do: they have all cores.
    const core = tokens === 'known' ? (cores?.server ?? null) : null
    const server = await startServer({ contender: side, trust: trustOf(clerk), root, core })
    const { port } = server
    const gated = { name: `${side} (${carrier})`, refuses: ALL_REFUSALS, port, client: createClient(clerk, carrier) }
    return { side, carrier, tokens, server, gated, cpu: [] as number[], shares: [] as number[] }
  }
  try {
    const there = buildRevision(revision, folder)
    const roots = { here: HERE, there, again: there }
    for (const tokens of TOKENS) {
      for (const carrier of CARRIERS) {
        for (const side of SIDES) cells.push(await startCell(side, roots[side], carrier, tokens))
      }
    }
    await assertCorrect(cells.map(({ gated }) => gated))

    const known = Array.from({ length: settings.users }, (_, user) => signToken(clerk, String(user)))
    const unseen = await signMany(signingKey, firstSeenTokens * (rounds + 1))
    const progress = createProgress(`against ${revision}`, cells.length * (rounds + 1))
    const random = createRandom(settings.seed)
    for (let round = 0; round <= rounds; round++) {
      for (const cell of shuffle(cells, random)) {
        progress.step(`${cell.side}, ${cell.carrier}, ${cell.tokens}`)
        const isKnown = cell.tokens === 'known'
        const tokens = isKnown ? known : unseen.slice(round * firstSeenTokens, (round + 1) * firstSeenTokens)
        const { cpuMicroseconds, generatorShare } = await measureThroughput(cell.server, isKnown ? pinned : free, {
          requests: tokens.map((token) => headersFor(clerk, cell.carrier, token)),
          connections,
          pipelining,
          durationMs: isKnown ? durationOf(settings, round) : null,
          seed: settings.seed + round
        })
        if (round === 0) continue
        cell.cpu.push(cpuMicroseconds)
        cell.shares.push(generatorShare)
      }
    }
    progress.done()

    const rows = TOKENS.flatMap((tokens) =>
      CARRIERS.map((carrier) => {
        const costs = (side: Side) =>
          cells.find((cell) => cell.side === side && cell.carrier === carrier && cell.tokens === tokens)?.cpu ?? []
        const shares = cells
          .filter((cell) => cell.carrier === carrier && cell.tokens === tokens)
          .map((cell) => quantile(cell.shares, 0.5))
        const [here, there, again] = [costs('here'), costs('there'), costs('again')]
        return {
          tokens,
          carrier,
          here: summarize(here),
          there: summarize(there),
          ratio: pairedRatio(here, there),
          noise: pairedRatio(again, there),
          verdict: Math.max(...shares) > 1 ? 'withheld' : judgeCost(here, there)
        }
      })
    )
    return {
      part: 'against',
      data: { revision, rows, isPinned: cores !== null },
      charts: [],
      tables: [
        {
          title: `Server CPU per request, working tree against ${revision}`,
          columns: ['tokens', 'carrier', `${revision} µs`, 'here µs', 'here/there', 'there/there', 'verdict'],
          rows: rows.map(({ tokens, carrier, here, there, ratio, noise, verdict }) => [
            tokens,
            carrier,
            formatNumber(there.median),
            formatNumber(here.median),
            formatRatio(ratio),
            formatRatio(noise),
            verdict
          ]),
          notes: [
            'Ratios are medians of the rounds, with quartiles. A verdict needs a sign test below 0.02 over the rounds, and a difference of at least one percent.',
            describeCores(cores !== null, 'Known tokens', 'First-seen tokens'),
            'Load: bench/traffic/pipe-generator.ts. A verdict is withheld where it used more CPU than a server.'
          ]
        }
      ]
    }
  } finally {
    await Promise.all([pinned.close(), free.close()])
    for (const cell of cells) await cell.server.close()
    await clerk.close()
    removeRevision(folder)
  }
}

function durationOf({ against: { warmupMs, roundMs } }: Settings, round: number): number {
  return round === 0 ? warmupMs : roundMs
}

function formatRatio({ median, low, high }: Summary): string {
  return `${median.toFixed(3)} (${low.toFixed(3)}–${high.toFixed(3)})`
}

/** Builds another revision in its own worktree, with the packages installed here, and returns its root as a URL. */
function buildRevision(revision: string, folder: string): string {
  const tree = join(folder, 'tree')
  execFileSync('git', ['worktree', 'add', '--quiet', '--detach', tree, revision], {
    stdio: ['ignore', 'ignore', 'inherit']
  })
  symlinkSync(resolve('node_modules'), join(tree, 'node_modules'))
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: tree, stdio: 'inherit' })
  return pathToFileURL(`${join(tree, 'dist')}/`).href
}

function removeRevision(folder: string): void {
  rmSync(folder, { recursive: true, force: true })
  execFileSync('git', ['worktree', 'prune'])
}
