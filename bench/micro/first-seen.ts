import { createPublicKey, verify } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { readLoopTime } from '../measure/loop-time.js'
import { type Summary, summarize } from '../measure/statistics.js'
import type { Carrier, Trust } from '../traffic/material.js'
import type { FreshRequests, MicroInputs } from './inputs.js'
import type { Subject } from './subject.js'

export interface FirstSeen {
  /** Microseconds. */
  readonly cryptoVerify: Summary
  readonly hook: Record<Carrier, Summary>
  readonly forged: Record<Carrier, Summary>
  /** Time of the hook over that of `crypto.verify` for the same token, pair by pair. */
  readonly ratio: Record<Carrier, Summary>
}

export interface Burst {
  readonly tokens: number
  /** CPU time of the thread that runs the event loop, in µs per token. */
  readonly loopMicroseconds: Summary
  readonly synchronousMicroseconds: Summary
  readonly ratio: Summary
  readonly wallMicroseconds: Summary
}

const WARMUP_PASSES = 20

/** Decodes the parts of a token that `crypto.verify` takes: verifying them is the least possible cost. */
function prepare(tokens: readonly string[]): { input: Buffer; signature: Buffer }[] {
  return tokens.map((token) => {
    const end = token.lastIndexOf('.')
    return { input: Buffer.from(token.slice(0, end)), signature: Buffer.from(token.slice(end + 1), 'base64url') }
  })
}

/** Measures first-seen tokens one at a time, each in its own turn of the event loop, next to `crypto.verify` of it. */
export async function measureFirstSeen(subject: Subject, inputs: MicroInputs, trust: Trust): Promise<FirstSeen> {
  const key = createPublicKey(trust.jwtKey)
  const floor: number[] = []
  const result = { hook: {}, forged: {}, ratio: {} } as Record<'hook' | 'forged' | 'ratio', Record<Carrier, Summary>>
  const prepared = prepare(inputs.tokens)

  for (const carrier of ['bearer', 'cookie'] as const) {
    const pairs: { hookUs: number; floorUs: number }[] = []
    // Only the last pass counts: the first ten thousand runs or so measure the interpreter.
    for (let pass = 0; pass <= WARMUP_PASSES; pass++) {
      subject.instance.memory.clear()
      pairs.length = 0
      for (const { input, signature } of prepared) {
        const floorUs = time(() => verify('sha256', input, key, signature))
        pairs.push({ floorUs, hookUs: await timeHook(subject, inputs.good[carrier]) })
      }
    }
    floor.push(...pairs.map(({ floorUs }) => floorUs))
    const forged: number[] = []
    for (let i = 0; i < inputs.forged[carrier].count * 4; i++) {
      forged.push(await timeHook(subject, inputs.forged[carrier]))
    }
    result.hook[carrier] = summarize(pairs.map(({ hookUs }) => hookUs))
    result.ratio[carrier] = summarize(pairs.map(({ hookUs, floorUs }) => hookUs / floorUs))
    result.forged[carrier] = summarize(forged)
  }
  return { cryptoVerify: summarize(floor), ...result }
}

/** Times the hook for one request, which is built before the measurement and settled before the next turn. */
async function timeHook(subject: Subject, requests: FreshRequests): Promise<number> {
  const headers = requests.next()
  let us = 0
  await new Promise<void>((resolve) => {
    const startedMs = performance.now()
    subject.authenticate(headers, () => {
      us = (performance.now() - startedMs) * 1000
      resolve()
    })
  })
  await nextTurn()
  return us
}

function time(work: () => unknown): number {
  const startedMs = performance.now()
  work()
  return (performance.now() - startedMs) * 1000
}

/** Measures how long many first-seen tokens in one turn keep the event loop busy, next to verifying them on it. */
export async function measureBurst(
  subject: Subject,
  inputs: MicroInputs,
  trust: Trust,
  rounds: number
): Promise<Burst> {
  const key = createPublicKey(trust.jwtKey)
  const prepared = prepare(inputs.tokens)
  const tokens = prepared.length
  const loop: number[] = []
  const synchronous: number[] = []
  const wall: number[] = []
  // The system may count the time of a thread in steps of a few milliseconds: a round has to take many of them.
  const bursts = Math.ceil(1_000 / tokens)
  const total = tokens * bursts
  for (let round = 0; round < rounds; round++) {
    const synchronousFrom = readLoopTime()
    for (let burst = 0; burst < bursts; burst++) {
      for (const { input, signature } of prepared) verify('sha256', input, key, signature)
    }
    synchronous.push((readLoopTime() - synchronousFrom) / total)
    await nextTurn()

    let loopUs = 0
    let wallMs = 0
    for (let burst = 0; burst < bursts; burst++) {
      subject.instance.memory.clear()
      const requests = prepared.map(() => inputs.good.bearer.next())
      const before = readLoopTime()
      const startedMs = performance.now()
      await Promise.all(
        requests.map((headers) => new Promise<void>((resolve) => void subject.authenticate(headers, resolve)))
      )
      wallMs += performance.now() - startedMs
      await nextTurn()
      loopUs += readLoopTime() - before
    }
    wall.push((wallMs * 1000) / total)
    loop.push(loopUs / total)
  }
  return {
    tokens,
    loopMicroseconds: summarize(loop),
    synchronousMicroseconds: summarize(synchronous),
    ratio: summarize(loop.map((us, round) => us / (synchronous[round] ?? 0))),
    wallMicroseconds: summarize(wall)
  }
}
