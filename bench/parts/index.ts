import type { PartResult } from '../report/result.js'
import type { Settings } from '../settings.js'
import { against } from './against.js'
import { audit } from './audit.js'
import { compare } from './compare.js'
import { faults } from './faults.js'
import { firstSeen } from './first-seen.js'
import { fleet } from './fleet.js'
import { load } from './load.js'
import { micro } from './micro.js'
import { revocation } from './revocation.js'
import { scale } from './scale.js'

export interface PartInput {
  readonly settings: Settings
  readonly isShort: boolean
  /** Contenders or profiles to measure; empty: all. */
  readonly only: readonly string[]
  /** Another revision of this repository, for `against`. */
  readonly revision: string
}

/** The parts in the order in which they run, from the hook alone to whole machines. */
export const parts: ReadonlyMap<string, (input: PartInput) => Promise<PartResult>> = new Map([
  ['micro', ({ settings }: PartInput) => micro(settings)],
  ['compare', ({ settings, only }: PartInput) => compare(settings, only)],
  ['first-seen', ({ settings }: PartInput) => firstSeen(settings)],
  ['load', ({ settings, only }: PartInput) => load(settings, only)],
  ['scale', ({ settings }: PartInput) => scale(settings)],
  ['audit', ({ settings }: PartInput) => audit(settings)],
  ['revocation', ({ settings }: PartInput) => revocation(settings)],
  ['fleet', ({ settings }: PartInput) => fleet(settings)],
  ['faults', ({ isShort, only }: PartInput) => faults(isShort, only)],
  ['against', ({ settings, revision }: PartInput) => against(settings, revision)]
])
