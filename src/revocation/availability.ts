import { helpOfBus } from '../core/help-page.js'
import { type Logger, silentLogger } from '../core/logger.js'
import type { BusAwayCause } from '../core/revocation/bus.js'
import { steadyOf } from '../core/steady-clock.js'
import type { Peers } from './peers.js'

export interface AvailabilitySettings {
  readonly kind: string
  /** Null: the logger of a peer is used. */
  readonly logger: Logger | null
  readonly now: () => number
  /** A clock that nobody sets. Default: `steadyOf(now)`. */
  readonly steadyNow?: () => number
}

/** Whether a bus is connected, and everything that is told of it. It begins away. */
export interface Availability {
  /** Null while connected. */
  readonly awaySinceMs: number | null
  /** Null while connected. */
  readonly cause: BusAwayCause | null
  /** The first call of an absence warns; later ones change the cause, which an attempt to connect may have found. */
  goAway(cause: BusAwayCause, error: unknown): void
  comeBack(counts: { readonly entries: number; readonly received: number; readonly sent: number }): void
}

export function createAvailability(settings: AvailabilitySettings, peers: Peers): Availability {
  const { kind, logger, now, steadyNow = steadyOf(now) } = settings
  let awaySinceMs: number | null = now()
  let wentMs = steadyNow()
  let cause: BusAwayCause = 'connecting'
  let isTold = false

  const log = () => logger ?? peers.logger() ?? silentLogger

  return {
    get awaySinceMs() {
      return awaySinceMs
    },

    get cause() {
      return awaySinceMs === null ? null : cause
    },

    goAway(newCause, error) {
      if (awaySinceMs === null) {
        awaySinceMs = now()
        wentMs = steadyNow()
      }
      cause = newCause
      // Only the text: an error of a client may hold the command that failed, and AUTH is a command.
      log().debug({ bus: kind, cause, reason: textOf(error) }, 'revocation bus: no connection')
      if (isTold) return
      isTold = true
      log().warn(
        { bus: kind, cause, help: helpOfBus(cause) },
        'revocation bus is away: revocations count in this process until it is back'
      )
      peers.busChanged({ kind, connected: false, cause, awayMs: 0, received: 0, sent: 0 })
    },

    comeBack(counts) {
      if (awaySinceMs === null) return
      const awayMs = Math.round(steadyNow() - wentMs)
      awaySinceMs = null
      log().info({ bus: kind, awayMs, ...counts }, 'revocation bus is connected')
      if (!isTold) return
      isTold = false
      const { received, sent } = counts
      peers.busChanged({ kind, connected: true, cause, awayMs, received, sent })
    }
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
