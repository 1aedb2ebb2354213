import { boolean, wholeNumber } from './readers.js'
import { group, type Option, type OptionTable, type SettingsOf } from './table.js'

/** Verification of machine tokens. Durations in ms. */
export interface MachineTokenOptions {
  /** How long an answer of BAPI that accepts an opaque token is reused. Default 10000, 0 (off) to 300000. Security: a revoked token is accepted for that long. */
  readonly cacheTtlInMs?: number | undefined
  /** How long an answer of BAPI that refuses an opaque token is reused. Default 10000, 0 (off) to 300000. */
  readonly negativeCacheTtlInMs?: number | undefined
  /** Most answers kept. Default 10000, 1 to 1000000. */
  readonly maxEntries?: number | undefined
  /**
   * Most verifications by BAPI at a time of tokens that have never been good, and again as many of those that have.
   * Default 16, 1 to 1000.
   */
  readonly maxConcurrency?: number | undefined
  /** Accept only machine tokens that are JWTs: no BAPI call ever. Default false. */
  readonly jwtOnly?: boolean | undefined
}

const MACHINE_TOKENS = {
  cacheTtlInMs: wholeNumber({ min: 0, max: 300_000, default: 10_000 }),
  negativeCacheTtlInMs: wholeNumber({ min: 0, max: 300_000, default: 10_000 }),
  maxEntries: wholeNumber({ min: 1, max: 1_000_000, default: 10_000 }),
  maxConcurrency: wholeNumber({ min: 1, max: 1_000, default: 16 }),
  jwtOnly: boolean({ default: false })
} satisfies OptionTable<MachineTokenOptions>

export const machineTokens: Option<MachineTokenOptions, SettingsOf<typeof MACHINE_TOKENS>> = group(MACHINE_TOKENS)
