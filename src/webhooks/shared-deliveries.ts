import { helpOfBus } from '../core/help-page.js'
import { type Logger, silentLogger } from '../core/logger.js'
import type { BusAwayCause } from '../core/revocation/bus.js'
import { setUnrefTimer, withinTime } from '../core/timers.js'
import { createMemoryDeliveries, type Deliveries } from './deliveries.js'

/** How long a delivery waits for the store, twice at most. A new connection, or a free one of a pool, may take longer. */
export const STORE_TIMEOUT_MS = 2_000

/** What processes share to recognise deliveries; each call rejects while it cannot be had. */
export interface DeliveryStore {
  /** Of all processes that ask about an id, one is told `new`, until it calls `finish` or `release`, or dies. */
  claim(id: string): Promise<'new' | 'done' | 'busy'>
  /** The event is handled: nobody handles it again. */
  finish(id: string): Promise<unknown>
  /** The event could not be handled: the next attempt is `new`. */
  release(id: string): Promise<unknown>
  /** The word for the error of a call. */
  awayCause(error: unknown): BusAwayCause
  open?(): void
  close?(): void
}

/**
 * Remembers deliveries in a store that processes share, and in this process. While the store is away, each process
 * remembers its own deliveries only: an event can then be handled once by each process, but no delivery is refused.
 */
export function createSharedDeliveries(store: DeliveryStore): Deliveries {
  const own = createMemoryDeliveries(() => Date.now())
  let log: Logger = silentLogger
  let isAway = false
  let servers = 0

  /** Null while the store is away. Only changes are logged: a store with a wrong password fails for each delivery. */
  async function ask<Answer>(call: Promise<Answer>): Promise<Answer | null> {
    try {
      const answer = await withinTime<Answer | typeof NO_ANSWER>(call, STORE_TIMEOUT_MS, NO_ANSWER, setUnrefTimer)
      if (answer === NO_ANSWER) throw new Error('timeout: no answer from the store')
      if (isAway) log.info({}, 'store of webhook deliveries is back')
      isAway = false
      return answer
    } catch (error) {
      if (!isAway) {
        const cause = store.awayCause(error)
        log.warn({ cause, help: helpOfBus(cause) }, AWAY)
      }
      isAway = true
      return null
    }
  }

  return {
    open(logger) {
      log = logger
      if (servers++ === 0) store.open?.()
    },

    async begin(id, timestamp) {
      const known = await own.begin(id, timestamp)
      if (known !== 'new') return known
      const state = (await ask(store.claim(id))) ?? 'new'
      if (state !== 'new') await own.end(id, state === 'done')
      return state
    },

    async end(id, succeeded) {
      await own.end(id, succeeded)
      await ask(succeeded ? store.finish(id) : store.release(id))
    },

    close() {
      servers = Math.max(0, servers - 1)
      if (servers > 0) return
      // A handler may end after the server: that the store is closed is no news then.
      log = silentLogger
      store.close?.()
    }
  }
}

const NO_ANSWER = Symbol('no answer')
const AWAY = 'store of webhook deliveries is away: each process remembers its own until it is back'
