import { ceilingOf } from '../fixtures/ceilings.js'
import type { Answers } from './answers.js'
import type { Measurement, SoakReply } from './protocol.js'

export interface Sample {
  readonly minute: number
  readonly measurement: Measurement
}

export interface Run {
  readonly minutes: number
  readonly samples: readonly Sample[]
  readonly answers: Answers
  /** When the load has ended. */
  readonly atRest: Measurement
  readonly closed: Extract<SoakReply, { kind: 'closed' }>
  readonly hasExited: boolean
  readonly streamSockets: number
}

export type Check = readonly [what: string, ok: boolean]

/** Bound on reachable memory after warm-up: the slope of a line through all samples, beyond their noise. */
const MAX_SLOPE_BYTES_PER_MINUTE = 1_000_000
const MAX_CLOSE_MS = 1000
const WARM_UP = 0.3
/** Before this time bounded memories, such as that of familiar sessions, are still filling. */
const MIN_MINUTES_TO_JUDGE_MEMORY = 5

/** Ceilings of calls to Clerk, and how often the load calls beyond what strangers cause. */
const CALLS = [
  'key fetches',
  'calls for handshake nonces',
  'calls for session refreshes',
  'calls for session refreshes of one session',
  'calls for opaque machine tokens'
]
const LOG_LINES = 'log lines with the same message'

export function checksOf(run: Run): Check[] {
  const { answers, atRest, samples, closed, hasExited } = run
  const first = samples[0]?.measurement
  return [
    memoryCheck(run),
    [`wrong answers: ${answers.wrongCount} ${answers.wrong.join(', ')}`, answers.wrongCount === 0],
    [
      `process listeners: ${atRest.listeners}, ${first?.listeners} in the beginning`,
      atRest.listeners === first?.listeners
    ],
    ...streamChecks(run),
    ...CALLS.map((what) => callCheck(what, atRest)),
    ...Object.keys(atRest.calls)
      .filter((what) => !CALLS.includes(what))
      .map((what): Check => [`${what}: a call without a ceiling`, false]),
    ...logChecks(atRest),
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
    ['the process ended by itself', hasExited]
  ]
}

function memoryCheck({ minutes, samples }: Run): Check {
  const bytesPerMinute = slope(samples.slice(Math.floor(samples.length * WARM_UP)))
  const isJudged = minutes >= MIN_MINUTES_TO_JUDGE_MEMORY
  return [
    `memory after warm-up: ${(bytesPerMinute / 1e6).toFixed(3)} MB/min of at most ${MAX_SLOPE_BYTES_PER_MINUTE / 1e6}` +
      (isJudged ? '' : `, judged from ${MIN_MINUTES_TO_JUDGE_MEMORY} minutes on`),
    bytesPerMinute <= MAX_SLOPE_BYTES_PER_MINUTE || !isJudged
  ]
}

/** Bytes per minute of the straight line that fits best. */
function slope(points: readonly Sample[]): number {
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

function streamChecks({ atRest, answers, streamSockets }: Run): Check[] {
  const { first, most } = atRest.streamListeners
  const streams = answers.tally.get('stream 200') ?? 0
  return [
    [
      `${streams} streams over ${streamSockets} socket, with at most ${most} listeners, ${first} at the first`,
      streams > 0 && streamSockets === 1 && most === first
    ],
    [`lifetimes open at rest: ${atRest.openLifetimes}`, atRest.openLifetimes === 0]
  ]
}

/** Zero calls are no proof: the flood has not come through. */
function callCheck(what: string, { calls }: Measurement): Check {
  const { perMinute, atOnce } = calls[what] ?? { perMinute: 0, atOnce: 0 }
  const most = ceilingOf(what)
  return [
    `${what}: ${perMinute} in the busiest minute of at most ${most.production}, ${atOnce} at once of at most ${most.atOnce}`,
    perMinute > 0 && perMinute <= most.production && atOnce <= most.atOnce
  ]
}

function logChecks({ logLines }: Measurement): Check[] {
  const { production: most } = ceilingOf(LOG_LINES)
  const above = Object.entries(logLines).filter(([, perMinute]) => perMinute > most)
  const messages = Object.keys(logLines).length
  return [
    [
      `${LOG_LINES} in a minute: ${Math.max(0, ...Object.values(logLines))} of at most ${most}, ${messages} messages ` +
        above.map(([message, perMinute]) => `${perMinute} times ${message}`).join(', '),
      messages > 0 && above.length === 0
    ]
  ]
}
