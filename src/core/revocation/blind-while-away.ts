import type { RevocationBus } from './bus.js'
import type { Revocations } from './types.js'

/** `Revocations` as verifiers see them. */
export interface RevocationLook extends Pick<Revocations, 'covers' | 'coversMachine' | 'observe' | 'observeMachine'> {
  /** 0: nothing is revoked, as far as can be told, and no token needs a look. */
  readonly size: number
  /** Whether tokens may have been revoked that this process has not heard of, so that none is to be accepted. Absent: never. */
  isBlind?(): boolean
}

/** For those who must not accept a token that another process may have revoked: blind while the bus is away. */
export function blindWhileAway(revocations: Revocations, bus: RevocationBus): RevocationLook {
  const isBlind = () => !bus.health().connected
  return {
    get size() {
      // Not 0 while blind: verifiers then look at every token.
      return isBlind() ? Math.max(1, revocations.size) : revocations.size
    },
    covers: revocations.covers,
    coversMachine: revocations.coversMachine,
    observe: revocations.observe,
    observeMachine: revocations.observeMachine,
    isBlind
  }
}
