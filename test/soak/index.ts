import { fork } from 'node:child_process'
import { once } from 'node:events'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { createLocalClerk, type FaultKind } from '../../src/local/index.js'
import { startLoad } from './load.js'
import type { Measurement, SoakCommand, SoakReply } from './protocol.js'

// npm run soak [-- --minutes 10]: mixed load with key rotation, outages, aborted clients and forged floods. Fails when
// memory grows after warm-up, when anything is left open, when an answer is wrong, or when closing takes too long.

/** Bounds on reachable memory after warm-up: the slope of a line through all samples, beyond their noise. */
const MAX_SLOPE_BYTES_PER_MINUTE = 1_000_000
const MAX_CLOSE_MS = 1000
const WARM_UP = 0.3
/** Before this time bounded memories, such as that of familiar sessions, are still filling. */
const MIN_MINUTES_TO_JUDGE_MEMORY = 5
const SAMPLE_MS = 5000
/** Longest time between two key fetches under a flood of unknown kids, with the outages scripted here. */
const POLL_MS = 16_000

const at = process.argv.indexOf('--minutes')
const minutes = at === -1 ? 10 : Number(process.argv[at + 1])
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

const clerk = await createLocalClerk({ frontendApi: 'clerk.soak.test', instanceType: 'production' })
await clerk.listen()
const child = fork(fileURLToPath(new URL('server.js', import.meta.url)), { execArgv: ['--expose-gc'] })

async function ask<K extends SoakReply['kind']>(
  command: SoakCommand,
  expected: K
): Promise<Extract<SoakReply, { kind: K }>> {
  child.send(command)
  const [reply] = (await once(child, 'message')) as [SoakReply]
  if (reply.kind !== expected) throw new Error(`The server answered ${reply.kind} instead of ${expected}`)
  return reply as Extract<SoakReply, { kind: K }>
}

const { port } = await ask({ kind: 'start', options: clerk.pluginOptions() }, 'listening')
const revoked = new Set<string>()
let rotatedAtMs = Number.NEGATIVE_INFINITY
const load = startLoad(port, clerk, {
  isRevoked: (userId) => revoked.has(userId),
  isJustRotated: () => performance.now() - rotatedAtMs < POLL_MS
})

const startMs = performance.now()
const endMs = startMs + minutes * 60_000
const samples: { readonly minute: number; readonly measurement: Measurement }[] = []
/** Each event has its own interval, so that over time all combinations occur. */
const events: { readonly everyMs: number; atMs: number; readonly run: () => unknown }[] = [
  { everyMs: 37_000, atMs: 0, run: rotate },
  { everyMs: 53_000, atMs: 0, run: breakDown },
  { everyMs: 67_000, atMs: 0, run: withdrawOldest },
  { everyMs: 3000, atMs: 0, run: revokeNext }
]
for (const event of events) event.atMs = startMs + event.everyMs

const BREAKDOWNS: readonly FaultKind[] = [
  { kind: 'status', status: 500 },
  { kind: 'hang' },
  { kind: 'truncated' },
  { kind: 'reset' },
  { kind: 'html' }
]
const BREAKDOWN_MS = 5000
let breakdowns = 0

/** The key endpoint is away for a while, each time in another way. */
function breakDown(): void {
  const kind = BREAKDOWNS[breakdowns++ % BREAKDOWNS.length] as FaultKind
  clerk.faults.next({ ...kind, on: 'jwks', times: Number.POSITIVE_INFINITY })
  setTimeout(() => clerk.faults.clear(), BREAKDOWN_MS).unref()
}

async function rotate(): Promise<void> {
  await clerk.rotateKeys({ keepOld: true })
  rotatedAtMs = performance.now()
}

function withdrawOldest(): void {
  const [oldest, ...newer] = clerk.jwks().keys
  if (oldest !== undefined && newer.length > 2) clerk.withdrawKey(oldest.kid)
}

let nextRevoked = 0
async function revokeNext(): Promise<void> {
  const userId = `user_${nextRevoked++ % 300}`
  revoked.add(userId)
  await ask({ kind: 'revoke', sessionId: `sess_${userId}` }, 'revoked')
}

while (performance.now() < endMs) {
  await pause(Math.min(SAMPLE_MS, Math.max(0, endMs - performance.now())))
  for (const event of events) {
    if (performance.now() < event.atMs) continue
    event.atMs += event.everyMs
    await event.run()
  }
  const { measurement } = await ask({ kind: 'measure' }, 'measured')
  const minute = (performance.now() - startMs) / 60_000
  samples.push({ minute, measurement })
  const { bytes, cachedTokens, keyFetches } = measurement
  console.error(
    `${minute.toFixed(1)} min: ${(bytes / 1e6).toFixed(1)} MB, ${cachedTokens} tokens, ${keyFetches} key fetches`
  )
}
await load.stop()
clerk.faults.clear()
await pause(1500)
const { measurement: atRest } = await ask({ kind: 'measure' }, 'measured')
const closed = await ask({ kind: 'close' }, 'closed')
child.disconnect()
await Promise.race([once(child, 'exit'), pause(2000)])
const exited = child.exitCode !== null
if (!exited) child.kill()
await clerk.close()

/** Bytes per minute of the straight line that fits best. */
function slope(points: readonly { readonly minute: number; readonly measurement: Measurement }[]): number {
  const meanX = points.reduce((sum, { minute }) => sum + minute, 0) / points.length
  const meanY = points.reduce((sum, { measurement }) => sum + measurement.bytes, 0) / points.length
  let product = 0
  let square = 0
  for (const { minute, measurement } of points) {
    product += (minute - meanX) * (measurement.bytes - meanY)
    square += (minute - meanX) ** 2
  }
  return square === 0 ? 0 : product / square
}

const warm = samples.slice(Math.floor(samples.length * WARM_UP))
const bytesPerMinute = slope(warm)
const first = samples[0]?.measurement
const checks: readonly (readonly [what: string, ok: boolean])[] = [
  [
    `memory after warm-up: ${(bytesPerMinute / 1e6).toFixed(3)} MB/min of at most ${MAX_SLOPE_BYTES_PER_MINUTE / 1e6}` +
      (minutes < MIN_MINUTES_TO_JUDGE_MEMORY ? `, judged from ${MIN_MINUTES_TO_JUDGE_MEMORY} minutes on` : ''),
    bytesPerMinute <= MAX_SLOPE_BYTES_PER_MINUTE || minutes < MIN_MINUTES_TO_JUDGE_MEMORY
  ],
  [`wrong answers: ${load.wrong.length} ${load.wrong.join(', ')}`, load.wrong.length === 0],
  [
    `process listeners: ${atRest.listeners}, ${first?.listeners} in the beginning`,
    atRest.listeners === first?.listeners
  ],
  [
    `warnings: ${atRest.warnings}, unhandled rejections: ${atRest.unhandled}`,
    atRest.warnings === 0 && atRest.unhandled === 0
  ],
  [
    `open at rest: ${JSON.stringify(atRest.resources)}`,
    (atRest.resources.TCPSocketWrap ?? 0) <= 2 && (atRest.resources.Timeout ?? 0) <= 3
  ],
  [
    `open after closing: ${JSON.stringify(closed.resources)}`,
    (closed.resources.TCPServerWrap ?? 0) === 0 && (closed.resources.TCPSocketWrap ?? 0) <= 2
  ],
  [`closed within ${closed.closeMs.toFixed(0)} ms of at most ${MAX_CLOSE_MS}`, closed.closeMs <= MAX_CLOSE_MS],
  ['the process ended by itself', exited]
]
console.log(
  [...load.tally]
    .sort()
    .map(([name, count]) => `${String(count).padStart(8)}  ${name}`)
    .join('\n')
)
for (const [what, ok] of checks) console.log(`${ok ? 'ok    ' : 'NOT OK'}  ${what}`)
process.exitCode = checks.every(([, ok]) => ok) ? 0 : 1
