import { createMemoryDeliveries, type Deliveries } from './deliveries.js'

/** What processes share to recognise deliveries; each call rejects, in bounded time, while it cannot be had. */
export interface DeliveryStore {
  /** Of all processes that ask about an id, one is told `new`, until it calls `finish` or `release`, or dies. */
  claim(id: string): Promise<'new' | 'done' | 'busy'>
  /** The event is handled: nobody handles it again. */
  finish(id: string): Promise<unknown>
  /** The event could not be handled: the next attempt is `new`. */
  release(id: string): Promise<unknown>
  close?(): void
}

/**
 * Remembers deliveries in a store that processes share, and in this process. While the store is away, each process
 * remembers its own deliveries only: an event can then be handled once by each process, but no delivery is refused.
 */
export function createSharedDeliveries(store: DeliveryStore): Deliveries {
  const own = createMemoryDeliveries(() => Date.now())
  return {
    async begin(id, timestamp) {
      const known = await own.begin(id, timestamp)
      if (known !== 'new') return known
      const state = await store.claim(id).catch(() => 'new' as const)
      if (state !== 'new') await own.end(id, state === 'done')
      return state
    },

    async end(id, succeeded) {
      await own.end(id, succeeded)
      await (succeeded ? store.finish(id) : store.release(id)).catch(() => {})
    },

    close: () => store.close?.()
  }
}
