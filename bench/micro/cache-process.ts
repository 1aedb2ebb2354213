// Hit cost and memory by the number of cached tokens, measured in a forked process.
import process from 'node:process'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { serve } from '../measure/child.js'
import { type Summary, summarize } from '../measure/statistics.js'
import type { Trust } from '../traffic/material.js'
import { createRandom, shuffle } from '../traffic/random.js'
import { createSubject, FakeRequest } from './subject.js'

export interface CacheJob {
  readonly trust: Trust
  /** Latin-1 texts, as many as the largest count. */
  readonly tokens: readonly string[]
  readonly counts: readonly number[]
  readonly rounds: number
  readonly seed: number
}

export interface CacheScale {
  readonly tokens: number
  /** Cost of the hook for a token in memory, less that of building the request, in µs. */
  readonly hitMicroseconds: Summary
  /** Heap and external memory for each cached token, bytes. */
  readonly bytesPerToken: number
}

const REQUESTS_PER_ROUND = 20_000

async function measure({ trust, tokens, counts, rounds, seed }: CacheJob): Promise<CacheScale[]> {
  const results: CacheScale[] = []
  // Allocated once and outside the heap, so that the inputs do not count as memory of the cache.
  const inputs = tokens.map((token) => Buffer.from(`Bearer ${token}`))
  const random = createRandom(seed)
  for (const count of counts) {
    // Bounds above all counts: three quarters of them are for tokens that were brought twice.
    const tokenCache = { maxEntries: 2 * count, maxBytes: 1_000_000_000 }
    const subject = createSubject(trust, { now: Date.now }, { tokenCache })
    const chosen = inputs.slice(0, count)
    const before = await settledMemory()
    for (const input of chosen) {
      // A token that is brought once is remembered by its signature alone.
      for (let times = 0; times < 2; times++) {
        await new Promise<void>((resolve) => {
          subject.authenticate({ authorization: input.toString('latin1') }, resolve)
        })
      }
      await nextTurn()
    }
    const bytesPerToken = ((await settledMemory()) - before) / count
    if (subject.instance.memory.size !== count)
      throw new Error(`Only ${subject.instance.memory.size} of ${count} are cached`)

    const order = shuffle(chosen, random)
    const hits: number[] = []
    for (let round = 0; round <= rounds; round++) {
      const build = walk(order, (headers) => new FakeRequest(headers))
      const hit = walk(order, (headers) => subject.authenticate(headers, () => {}))
      // The first round warms up.
      if (round > 0) hits.push(hit - build)
    }
    results.push({ tokens: count, hitMicroseconds: summarize(hits), bytesPerToken })
    await subject.instance.close()
  }
  return results
}

let kept: unknown = null

function walk(order: readonly Buffer[], work: (headers: Record<string, string>) => unknown): number {
  const startedMs = performance.now()
  for (let i = 0; i < REQUESTS_PER_ROUND; i++) {
    kept = work({ authorization: (order[i % order.length] as Buffer).toString('latin1') })
  }
  return ((performance.now() - startedMs) * 1000) / REQUESTS_PER_ROUND
}

async function settledMemory(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    globalThis.gc?.()
    await nextTurn()
  }
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external + (kept === undefined ? 1 : 0)
}

serve(measure)
