import { startCoverage } from './coverage.js'
import type { Target } from './targets.js'

export interface FuzzSettings {
  readonly seed: number
  /** Whichever comes first. */
  readonly maxRuns: number
  readonly maxMs: number
  /** Inputs kept by earlier runs. They are run first, and mutated like the seeds. */
  readonly kept?: readonly Buffer[]
}

export interface FuzzResult {
  readonly runs: number
  readonly blocks: number
  readonly corpus: readonly Buffer[]
  readonly failure: { readonly input: Buffer; readonly error: unknown } | null
}

const BATCH = 400
const MAX_LENGTH = 4096

/** Runs a target on mutations of inputs that reached new code, until an input breaks it, or time or runs are used up. */
export async function fuzz(target: Target, { seed, maxRuns, maxMs, kept = [] }: FuzzSettings): Promise<FuzzResult> {
  const random = createRandom(seed)
  const coverage = startCoverage((url) => url.includes('/src/'))
  const corpus: Buffer[] = [...target.seeds.map((text) => Buffer.from(text)), ...kept]
  const seen = new Set<string>()
  const startMs = performance.now()
  let runs = 0

  async function run(inputs: readonly Buffer[]): Promise<FuzzResult['failure']> {
    for (const input of inputs) {
      runs++
      try {
        await target.run(input)
      } catch (error) {
        return { input, error }
      }
    }
    return null
  }

  function isNew(): boolean {
    const before = seen.size
    for (const block of coverage.take()) seen.add(block)
    return seen.size > before
  }

  try {
    let failure = await run(corpus)
    isNew()
    while (failure === null && runs < maxRuns && performance.now() - startMs < maxMs) {
      const batch = Array.from({ length: BATCH }, () => mutate(pick(corpus, random), corpus, target.words, random))
      const known = new Set(seen)
      failure = await run(batch)
      if (failure !== null || !isNew()) continue
      // An input of the batch reached new code. Running them one at a time finds it.
      seen.clear()
      for (const block of known) seen.add(block)
      for (const input of batch) {
        failure ??= await run([input])
        if (isNew()) corpus.push(input)
      }
    }
    return { runs, blocks: seen.size, corpus, failure }
  } finally {
    coverage.stop()
  }
}

/** The inputs of a corpus that together reach all that the whole corpus reaches, short inputs first. */
export async function distil(target: Target, corpus: readonly Buffer[]): Promise<Buffer[]> {
  const coverage = startCoverage((url) => url.includes('/src/'))
  const seen = new Set<string>()
  const chosen: Buffer[] = []
  try {
    for (const text of target.seeds) await target.run(Buffer.from(text))
    for (const block of coverage.take()) seen.add(block)
    for (const input of [...corpus].sort((a, b) => a.length - b.length)) {
      await target.run(input)
      const before = seen.size
      for (const block of coverage.take()) seen.add(block)
      if (seen.size > before) chosen.push(input)
    }
  } finally {
    coverage.stop()
  }
  return chosen
}

type Random = (below: number) => number

function createRandom(seed: number): Random {
  let state = seed >>> 0
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 0x1_0000_0000) * below)
  }
}

function pick<T>(from: readonly T[], random: Random): T {
  return from[random(from.length)] as T
}

function mutate(input: Buffer, corpus: readonly Buffer[], words: readonly string[], random: Random): Buffer {
  let bytes = input
  for (let rounds = 1 + random(4); rounds > 0; rounds--) bytes = mutateOnce(bytes, corpus, words, random)
  return bytes.subarray(0, MAX_LENGTH)
}

function mutateOnce(input: Buffer, corpus: readonly Buffer[], words: readonly string[], random: Random): Buffer {
  const at = random(input.length + 1)
  const head = input.subarray(0, at)
  const tail = input.subarray(at)
  switch (random(8)) {
    case 0: {
      const bytes = Buffer.from(input)
      if (bytes.length > 0) bytes[random(bytes.length)] = random(256)
      return bytes
    }
    case 1:
      return Buffer.concat([head, Buffer.from([random(256)]), tail])
    case 2:
      return Buffer.concat([head, tail.subarray(1 + random(8))])
    case 3:
    case 4:
      return Buffer.concat([head, Buffer.from(words.length === 0 ? ' ' : pick(words, random)), tail])
    case 5: {
      const other = pick(corpus, random)
      return Buffer.concat([head, other.subarray(random(other.length + 1))])
    }
    case 6:
      return Buffer.concat([head, tail.subarray(0, 16), tail])
    default: {
      const bytes = Buffer.from(input)
      if (bytes.length > 0) {
        const place = random(bytes.length)
        bytes[place] = (bytes[place] as number) ^ (1 << random(8))
      }
      return bytes
    }
  }
}
