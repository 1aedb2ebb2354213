import type { KeyStoreStats } from './types.js'

export type Counters = { -readonly [Name in keyof KeyStoreStats]: number }

export function createCounters(): Counters {
  return {
    fetches: 0,
    failedFetches: 0,
    notModified: 0,
    generations: 0,
    withdrawnKeys: 0,
    skippedKeys: 0,
    adoptedSnapshots: 0,
    failedSnapshots: 0,
    unknownKids: 0,
    unknownKidsRefused: 0,
    demandedFetches: 0
  }
}
