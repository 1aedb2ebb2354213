import type { RevocationBus } from '../revocation/bus.js'
import { methods, wholeNumber } from './readers.js'
import { group, type Option, type OptionTable, type SettingsOf } from './table.js'

/** Sessions that are ended before their tokens run out. */
export interface RevocationOptions {
  /** Carries revocations to other processes. Default: none, they count in this process only. */
  readonly bus?: RevocationBus | undefined
  /**
   * Revocations held. Default 250000, 1000 to 10000000. Security: beyond the bound the oldest become "every token issued
   * before then", so no revoked session is ever forgotten, and some sessions that were not revoked have to sign in again.
   */
  readonly maxEntries?: number | undefined
}

const REVOCATION = {
  bus: methods<RevocationBus>(['open', 'publish', 'health', 'close']),
  maxEntries: wholeNumber({ min: 1_000, max: 10_000_000, default: 250_000 })
} satisfies OptionTable<RevocationOptions>

export const revocation: Option<RevocationOptions, SettingsOf<typeof REVOCATION>> = group(REVOCATION)
