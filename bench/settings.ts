import { readFileSync } from 'node:fs'
import { isRecord } from '../src/core/json.js'

/** One throughput measurement: number of rounds, their length, and the load. */
export interface Pace {
  readonly rounds: number
  readonly roundMs: number
  readonly warmupMs: number
  readonly connections: number
  readonly pipelining: number
}

export interface Settings {
  /** Seed of every shuffle and draw: two runs send the same requests in the same order. */
  readonly seed: number
  readonly users: number
  readonly compare: Pace
  /** `firstSeenTokens`: number of tokens of a round whose tokens are all new. */
  readonly against: Pace & { readonly firstSeenTokens: number }
  readonly 'first-seen': Pace & {
    /** Number of different tokens that count as seen before. */
    readonly knownTokens: number
    /** Tokens never seen that a server is warmed up with, and that it is measured with. */
    readonly warmupTokens: number
    readonly firstSeenTokens: number
    /** Requests of a new process that count as its first. */
    readonly coldRequests: number
    /** New processes in a round, for first requests and for what is added to bare Fastify: the median one counts. */
    readonly processes: number
    /** What a contender adds to bare Fastify: turns of each, and their load. */
    readonly added: {
      readonly pairs: number
      readonly turnMs: number
      readonly warmupMs: number
      readonly connections: number
      readonly pipelining: number
    }
    /** Tokens without a server: one after another, and at once. */
    readonly burstTokens: number
    readonly burstWarmupPasses: number
    readonly burstPasses: number
  }
  readonly micro: {
    readonly rounds: number
    /** Time for one row in one round. */
    readonly timeMs: number
    readonly warmupMs: number
    readonly inputs: number
    readonly allocationRuns: number
    /** How often each program is started to time its boot. */
    readonly boots: number
  }
  readonly load: {
    readonly rounds: number
    readonly durationMs: number
    readonly connections: number
    /** Number of tokens in the profiles whose tokens are all new. */
    readonly firstSeenTokens: number
    readonly coldUsers: number
    readonly coldRequests: number
    readonly coldConnections: number
  }
  readonly scale: {
    readonly rounds: number
    readonly roundMs: number
    readonly warmupMs: number
    readonly tokens: readonly number[]
    readonly connections: readonly number[]
    readonly tokenBytes: readonly number[]
  }
  readonly fleet: {
    /** Numbers of processes. */
    readonly sizes: readonly number[]
    readonly restMinutes: number
    readonly rollingMinutes: number
    readonly outageMinutes: number
    readonly revocations: number
    readonly busRestSeconds: number
    /** Number of processes whose memory is measured. */
    readonly memorySize: number
  }
}

/**
 * Reads the settings from `.benchrc`. With `short`, the values under its key "short" replace the others: enough to see
 * that the suite works.
 */
export function readSettings(path: string, short: boolean): Settings {
  const { short: small, ...full } = JSON.parse(readFileSync(path, 'utf8'))
  return short ? merge(full, small) : full
}

function merge<T extends object>(base: T, over: Partial<T>): T {
  const merged = { ...base } as Record<string, unknown>
  for (const [name, value] of Object.entries(over)) {
    const old = merged[name]
    merged[name] = isRecord(old) && isRecord(value) ? merge(old, value) : value
  }
  return merged as T
}
