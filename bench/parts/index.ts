import type { PartResult } from '../report/result.js'
import type { Settings } from '../settings.js'
import { compare } from './compare.js'
import { load } from './load.js'
import { micro } from './micro.js'

export interface PartInput {
  readonly settings: Settings
  /** Contenders to measure; empty: all. */
  readonly only: readonly string[]
  /** Another revision of this repository, for `against`. */
  readonly revision: string | null
}

/** In the order in which they run: from the hook alone to whole machines. */
export const parts: ReadonlyMap<string, (input: PartInput) => Promise<PartResult>> = new Map([
  ['micro', ({ settings }: PartInput) => micro(settings)],
  ['load', ({ settings, only }: PartInput) => load(settings, only)],
  ['compare', ({ settings, only }: PartInput) => compare(settings, only)]
])
