// Verifies distinct tokens without a server, one after another and in bursts, next to synchronous `crypto.verify` of the
// same tokens. Runs in a forked process.
import { createPublicKey, verify } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { HERE, importPackage, pluginOptions } from '../contenders/ours.js'
import { serve } from '../measure/child.js'
import { readLoopTime } from '../measure/loop-time.js'
import { quantile } from '../measure/statistics.js'
import type { Trust } from '../traffic/material.js'

export interface VerifierJob {
  readonly trust: Trust
  readonly tokens: readonly string[]
  readonly warmupPasses: number
  readonly passes: number
}

/** Microseconds per token: wall time, and CPU time of the thread that runs the event loop. */
interface Cost {
  readonly wall: number
  readonly loop: number
}

/** Each measured twice in a pass. Wall time: the median of the passes; CPU time: their mean. */
export interface VerifierCosts {
  readonly cryptoVerify: readonly [Cost, Cost]
  /** `for (const token of tokens) await verifier.verify(token)` */
  readonly awaits: readonly [Cost, Cost]
  /** All in one turn of the event loop. */
  readonly burst: readonly [Cost, Cost]
}

const KINDS = ['cryptoVerify', 'awaits', 'burst'] as const

async function measure({ trust, tokens, warmupPasses, passes }: VerifierJob): Promise<VerifierCosts> {
  const { createTokenVerifier } = await importPackage(HERE)
  const key = createPublicKey(trust.jwtKey)
  const prepared = tokens.map((token) => {
    const end = token.lastIndexOf('.')
    return { input: Buffer.from(token.slice(0, end)), signature: Buffer.from(token.slice(end + 1), 'base64url') }
  })
  // A new verifier each time: it has seen no token.
  const createVerifier = () => createTokenVerifier(pluginOptions(trust))
  const judge = (isGood: boolean) => {
    if (!isGood) throw new Error('Every token has to be good')
  }
  const kinds = {
    async cryptoVerify() {
      for (const { input, signature } of prepared) judge(verify('sha256', input, key, signature))
    },
    async awaits(verifier: ReturnType<typeof createVerifier>) {
      for (const token of tokens) judge((await verifier.verify(token)).ok)
    },
    async burst(verifier: ReturnType<typeof createVerifier>) {
      for (const { ok } of await Promise.all(tokens.map((token) => verifier.verify(token)))) judge(ok)
    }
  }
  const costs = KINDS.flatMap((kind) => [0, 1].map((nth) => ({ kind, nth, all: [] as Cost[] })))
  for (let pass = 0; pass < warmupPasses + passes; pass++) {
    // Half of the passes in the other direction: a kind that always ran after the same one would bear its garbage.
    for (const cost of pass % 2 === 0 ? costs : costs.toReversed()) {
      const verifier = createVerifier()
      // No collection is forced: a full one drops the optimized code of the closures that die with a verifier, and the next
      // verifier would run unoptimized, which no process does after its first seconds.
      await nextTurn()
      const loopFrom = readLoopTime()
      const wallFrom = performance.now()
      await kinds[cost.kind](verifier)
      const wall = ((performance.now() - wallFrom) * 1000) / tokens.length
      await nextTurn()
      const loop = (readLoopTime() - loopFrom) / tokens.length
      if (pass >= warmupPasses) cost.all.push({ wall, loop })
      await verifier.close()
    }
  }
  const costOf = (kind: string, nth: number): Cost => {
    const all = costs.find((cost) => cost.kind === kind && cost.nth === nth)?.all ?? []
    const walls = all.map(({ wall }) => wall)
    // The system may count the time of a thread in steps of milliseconds, which only a sum levels out.
    return { wall: quantile(walls, 0.5), loop: all.reduce((sum, { loop }) => sum + loop, 0) / all.length }
  }
  const both = (kind: string): [Cost, Cost] => [costOf(kind, 0), costOf(kind, 1)]
  return { cryptoVerify: both('cryptoVerify'), awaits: both('awaits'), burst: both('burst') }
}

serve(measure)
