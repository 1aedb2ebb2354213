import type { RevocationKind } from './revocation.js'

/** A moment for session tokens, and one for machine tokens that are JWTs: the two sorts live for different times. */
export interface MomentByReach {
  readonly sessionsMs: number
  readonly machinesMs: number
}

export const NO_MOMENTS: MomentByReach = Object.freeze({ sessionsMs: -Infinity, machinesMs: -Infinity })

/** Which sorts of tokens the revocations of a kind can cover. An entry is kept as long as it can cover a token of either. */
export const REACH: Readonly<Record<RevocationKind, { readonly sessions: boolean; readonly machines: boolean }>> = {
  session: { sessions: true, machines: false },
  membership: { sessions: true, machines: false },
  user: { sessions: true, machines: true },
  'user-sessions': { sessions: true, machines: false },
  organization: { sessions: true, machines: true },
  'organization-sessions': { sessions: true, machines: false },
  token: { sessions: false, machines: true },
  client: { sessions: false, machines: true },
  'all-sessions': { sessions: true, machines: false },
  'all-machines': { sessions: false, machines: true },
  'all-machine-jwts': { sessions: false, machines: true }
}

/** The moment of an entry of this kind, for each sort of tokens that it covers. */
export function reachOf(kind: RevocationKind, atMs: number): MomentByReach {
  const { sessions, machines } = REACH[kind]
  return { sessionsMs: sessions ? atMs : -Infinity, machinesMs: machines ? atMs : -Infinity }
}

/** Entries of this kind are of no use up to the returned moment, if those for each sort of tokens are up to `horizons`. */
export function horizonOf(kind: RevocationKind, { sessionsMs, machinesMs }: MomentByReach): number {
  const { sessions, machines } = REACH[kind]
  return Math.min(sessions ? sessionsMs : Infinity, machines ? machinesMs : Infinity)
}

export function latestOf(one: MomentByReach, other: MomentByReach): MomentByReach {
  return {
    sessionsMs: Math.max(one.sessionsMs, other.sessionsMs),
    machinesMs: Math.max(one.machinesMs, other.machinesMs)
  }
}

/** The moments, without those that the horizons have reached. */
export function after(horizons: MomentByReach, { sessionsMs, machinesMs }: MomentByReach): MomentByReach {
  return {
    sessionsMs: sessionsMs > horizons.sessionsMs ? sessionsMs : -Infinity,
    machinesMs: machinesMs > horizons.machinesMs ? machinesMs : -Infinity
  }
}
