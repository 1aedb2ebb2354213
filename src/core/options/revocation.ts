import type { RevocationBus } from '../revocation/bus.js'
import { choice, methods, wholeNumber } from './readers.js'
import { group, type Option, type OptionTable, type SettingsOf } from './table.js'

/** `local`: requests are answered by the revocations that this process knows; `refuse`: they are answered 503. */
export type WhenBusIsAway = 'local' | 'refuse'

/** Tokens that are ended before they run out. */
export interface RevocationOptions {
  /** Carries revocations to other processes. Default: none, they count in this process only. */
  readonly bus?: RevocationBus | undefined
  /**
   * What happens while the bus is away, also at a start before it is there. Default `local`: requests go on, by the revocations
   * that this process knows. `refuse`, which needs `bus`: each request that would be signed in gets 503 with `Retry-After`
   * and the reason `revocation-bus-away`, and `health().ready` is false. Security: with `local`, a token that another
   * process has revoked meanwhile works here until the bus is back, or until it expires.
   */
  readonly whenBusIsAway?: WhenBusIsAway | undefined
  /**
   * Revocations held. Default 250000, 1000 to 10000000. Security: beyond the bound the oldest become "every token issued
   * before then", so no revoked session is ever forgotten, and some sessions that were not revoked have to sign in again.
   */
  readonly maxEntries?: number | undefined
}

const REVOCATION = {
  bus: methods<RevocationBus>(['open', 'publish', 'health', 'close']),
  whenBusIsAway: choice(['local', 'refuse'], { default: 'local' }),
  maxEntries: wholeNumber({ min: 1_000, max: 10_000_000, default: 250_000 })
} satisfies OptionTable<RevocationOptions>

export const revocation: Option<RevocationOptions, SettingsOf<typeof REVOCATION>> = group(REVOCATION)
