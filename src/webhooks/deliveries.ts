import type { Logger } from '../core/logger.js'
import { TOLERANCE_SECONDS } from './signature.js'

/**
 * State of a delivery. `new`: handle it; `done`: handled before; `busy`: another attempt is being handled;
 * `unknown`: as old as deliveries that have been forgotten, so it cannot be told whether it was handled.
 */
export type DeliveryState = 'new' | 'done' | 'busy' | 'unknown'

/**
 * Remembers which events were handled, by the id that all attempts to deliver an event share. A captured delivery that
 * an attacker sends again, and the repetition of an attempt whose answer was lost, are answered and not handled again.
 */
export interface Deliveries {
  /** Called when the server starts, with its logger. */
  open?(logger: Logger): void
  /** Says what is known of an id. Of all callers with that id, only one is told `new` until `end` is called. */
  begin(id: string, timestamp: number): DeliveryState | Promise<DeliveryState>
  /** Ends the handling that a `new` began. After a failure the next attempt is `new` again. */
  end(id: string, succeeded: boolean): void | Promise<void>
  /** Called when the server closes. */
  close?(): void | Promise<void>
}

interface Delivery {
  readonly timestamp: number
  isDone: boolean
}

/** How long an attempt can be repeated unchanged: stamped as far ahead as is tolerated, until it is stale. */
export const RETENTION_SECONDS = 2 * TOLERANCE_SECONDS

/**
 * Remembers deliveries in memory, at most `maxEntries`, all of them with a good signature. Beyond that the oldest is
 * forgotten, and attempts as old as it are refused from then on. Clerk then tries again with a new timestamp; an attacker
 * who repeats a forgotten delivery cannot.
 */
export function createMemoryDeliveries(now: () => number, maxEntries = 100_000): Deliveries {
  const deliveries = new Map<string, Delivery>()
  let forgottenTimestamp = -Infinity

  function isStale({ timestamp }: Delivery): boolean {
    return timestamp < now() / 1000 - RETENTION_SECONDS
  }

  function forgetOldest(): void {
    for (const [id, delivery] of deliveries) {
      if (isStale(delivery)) {
        deliveries.delete(id)
        continue
      }
      if (deliveries.size <= maxEntries) return
      deliveries.delete(id)
      forgottenTimestamp = Math.max(forgottenTimestamp, delivery.timestamp)
    }
  }

  return {
    begin(id, timestamp) {
      const known = deliveries.get(id)
      // An event whose handler never ends is `new` again once its delivery is stale.
      if (known !== undefined && !isStale(known)) return known.isDone ? 'done' : 'busy'
      if (timestamp <= forgottenTimestamp) return 'unknown'
      deliveries.delete(id)
      deliveries.set(id, { timestamp, isDone: false })
      forgetOldest()
      return 'new'
    },

    end(id, succeeded) {
      const delivery = deliveries.get(id)
      if (delivery === undefined) return
      if (succeeded) delivery.isDone = true
      else deliveries.delete(id)
    }
  }
}
