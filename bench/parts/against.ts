import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import { assertCorrect } from '../measure/gate.js'
import { createProgress } from '../measure/progress.js'
import { judgeCost, pairedRatio, summarize } from '../measure/statistics.js'
import { measureThroughput, type PipeGenerator } from '../measure/throughput.js'
import type { PartResult } from '../report/result.js'
import { formatNumber } from '../report/table.js'
import { startServer } from '../servers/server-process.js'
import type { Settings } from '../settings.js'
import { startGenerator } from '../traffic/generator-process.js'
import { type Carrier, createInstance, headersFor, signToken, trustOf } from '../traffic/material.js'
import { createRandom, shuffle } from '../traffic/random.js'

/** Compares this working tree with another revision. The verdict names a difference only beyond the measured noise. */
export async function against(settings: Settings, revision: string): Promise<PartResult> {
  const { rounds, roundMs, warmupMs, connections, pipelining } = settings.against
  const folder = mkdtempSync(join(tmpdir(), 'against-'))
  const clerk = await createInstance()
  const generator: PipeGenerator = startGenerator('pipe-generator.js')
  const cells: Awaited<ReturnType<typeof startCell>>[] = []
  const startCell = async (side: 'here' | 'there', root: string, carrier: Carrier) => {
    const server = await startServer({ contender: side, trust: trustOf(clerk), root })
    return { side, carrier, server, name: side, judges: true, port: server.port, cpu: [] as number[] }
  }
  try {
    const roots = { here: new URL('../../src/', import.meta.url).href, there: buildRevision(revision, folder) }
    for (const carrier of ['bearer', 'cookie'] as const) {
      cells.push(await startCell('there', roots.there, carrier), await startCell('here', roots.here, carrier))
    }
    await assertCorrect(clerk, cells)

    const tokens = Array.from({ length: settings.users }, (_, user) => signToken(clerk, String(user)))
    const requests = {
      bearer: tokens.map((token) => headersFor(clerk, 'bearer', token)),
      cookie: tokens.map((token) => headersFor(clerk, 'cookie', token))
    }
    const progress = createProgress(`against ${revision}`, cells.length * (rounds + 1))
    const random = createRandom(settings.seed)
    for (let round = 0; round <= rounds; round++) {
      for (const cell of shuffle(cells, random)) {
        progress.step(`${cell.side}, ${cell.carrier}`)
        const durationMs = round === 0 ? warmupMs : roundMs
        const job = {
          requests: requests[cell.carrier],
          connections,
          pipelining,
          durationMs,
          seed: settings.seed + round
        }
        const { cpuMicroseconds } = await measureThroughput(cell.server, generator, job)
        if (round > 0) cell.cpu.push(cpuMicroseconds)
      }
    }
    progress.done()

    const costs = (side: string, carrier: Carrier) =>
      cells.find((cell) => cell.side === side && cell.carrier === carrier)?.cpu ?? []
    const rows = (['bearer', 'cookie'] as const).map((carrier) => {
      const [here, there] = [costs('here', carrier), costs('there', carrier)]
      const ratio = pairedRatio(here, there)
      return { carrier, here: summarize(here), there: summarize(there), ratio, verdict: judgeCost(here, there) }
    })
    return {
      part: 'against',
      data: { revision, rows },
      charts: [],
      tables: [
        {
          title: `Server CPU per request, working tree against ${revision}`,
          columns: ['carrier', `${revision} µs`, 'here µs', 'here/there', 'quartiles', 'verdict'],
          rows: rows.map(({ carrier, here, there, ratio, verdict }) => [
            carrier,
            formatNumber(there.median),
            formatNumber(here.median),
            ratio.median.toFixed(3),
            `${ratio.low.toFixed(3)}–${ratio.high.toFixed(3)}`,
            verdict
          ]),
          notes: ['A verdict needs a sign test below 0.02 over the rounds, and a difference of at least one percent.']
        }
      ]
    }
  } finally {
    await generator.close()
    for (const cell of cells) await cell.server.close()
    await clerk.close()
    removeRevision(folder)
  }
}

/** Compiles another revision in its own worktree, with the packages installed here, and returns its root as a URL. */
function buildRevision(revision: string, folder: string): string {
  const tree = join(folder, 'tree')
  execFileSync('git', ['worktree', 'add', '--quiet', '--detach', tree, revision], {
    stdio: ['ignore', 'ignore', 'inherit']
  })
  symlinkSync(resolve('node_modules'), join(tree, 'node_modules'))
  const tsc = resolve('node_modules/typescript/bin/tsc')
  execFileSync(process.execPath, [tsc, '-p', 'tsconfig.json', '--noCheck'], { cwd: tree, stdio: 'inherit' })
  return pathToFileURL(`${join(tree, 'dist')}/`).href
}

function removeRevision(folder: string): void {
  rmSync(folder, { recursive: true, force: true })
  execFileSync('git', ['worktree', 'prune'])
}
