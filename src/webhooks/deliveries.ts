import { TOLERANCE_SECONDS } from './signature.js'

/** What to do with a delivery: handle it, answer that it is done, that it is being done, or that it is too old to know. */
export type DeliveryState = 'new' | 'done' | 'busy' | 'unknown'

/**
 * Remembers which events were handled, by the id that all attempts to deliver one share. A captured delivery that is
 * sent again, and an attempt whose answer was lost, are both answered without doing anything twice.
 */
export interface Deliveries {
  /** Says what is known of an id, and with `new` takes it on: exactly one caller is told so until `end`. */
  begin(id: string, timestamp: number): DeliveryState | Promise<DeliveryState>
  /** Ends what `begin` took on. After a failure the next attempt is `new` again. */
  end(id: string, succeeded: boolean): void | Promise<void>
  /** Called when the server closes. */
  close?(): void | Promise<void>
}

interface Delivery {
  readonly timestamp: number
  isDone: boolean
}

/** An attempt can be repeated unchanged until its timestamp is stale, and may be stamped that much ahead. */
export const RETENTION_SECONDS = 2 * TOLERANCE_SECONDS

/**
 * Remembers deliveries in memory, at most `maxEntries`. Only deliveries with a good signature get here. When there are
 * too many, the oldest is forgotten and attempts as old as it are refused from then on: the sender tries again with a
 * new timestamp, and nobody gets to repeat what is forgotten.
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
      // A handler that never ends does not keep its event for ever.
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
