import { createDeferred } from '../core/deferred.js'
import type { Endpoint } from './request-log.js'

/** What goes wrong. `delay` and `slow-drip` use real time; `hold` waits for a call and suits tests better. */
export type FaultKind =
  | { readonly kind: 'delay'; readonly delayMs: number }
  | { readonly kind: 'status'; readonly status: number; readonly retryAfter?: number | string; readonly code?: string }
  /** No response, ever: until the caller gives up or the instance closes. */
  | { readonly kind: 'hang' }
  /** The connection breaks before a response. */
  | { readonly kind: 'reset' }
  /** The connection breaks in the middle of the body. */
  | { readonly kind: 'truncated' }
  | { readonly kind: 'html' }
  /** Valid JSON that is not what was asked for. */
  | { readonly kind: 'wrong-json'; readonly json?: unknown }
  /** Text that is no JSON, sent as JSON. */
  | { readonly kind: 'broken-json' }
  | { readonly kind: 'empty-set' }
  | { readonly kind: 'oversized'; readonly bytes?: number }
  | { readonly kind: 'redirect'; readonly location?: string }
  /** The right body, some bytes at a time. */
  | { readonly kind: 'slow-drip'; readonly everyMs?: number; readonly chunkBytes?: number }

export type Fault = FaultKind & {
  /** Endpoint that fails; `jwks` is both key endpoints. Default: whichever is asked next. */
  readonly on?: Endpoint | 'jwks'
  /** How many requests fail. Default 1; `Infinity` until `clear()`. */
  readonly times?: number
}

/** Requests that wait until the test lets them go on: overlapping fetches without sleeping. */
export interface Hold {
  /** How many requests are waiting. */
  waiting(): number
  /** Resolves when a request has arrived, at once when one has been here already. */
  arrived(): Promise<void>
  /** Lets the waiting requests go on, and later ones pass. */
  release(): void
}

/** A script of failures: each request takes the first entry that fits it. */
export interface Faults {
  next(...faults: Fault[]): void
  hold(on?: Endpoint | 'jwks'): Hold
  /** Forgets what was scripted and releases what is held. */
  clear(): void
}

export interface FaultScript extends Faults {
  take(endpoint: Endpoint): Fault | undefined
  /** Waits as long as the endpoint is held. */
  pass(endpoint: Endpoint, signal: AbortSignal): Promise<void>
}

interface OpenHold {
  readonly on: Endpoint | 'jwks' | undefined
  readonly release: () => void
  enter(signal: AbortSignal): Promise<void>
}

export function createFaults(): FaultScript {
  let script: { fault: Fault; left: number }[] = []
  let holds: OpenHold[] = []

  return {
    next(...faults) {
      for (const fault of faults) script.push({ fault, left: fault.times ?? 1 })
    },
    take(endpoint) {
      const entry = script.find(({ fault }) => matches(fault.on, endpoint))
      if (entry === undefined) return undefined
      if (--entry.left <= 0) script = script.filter((other) => other !== entry)
      return entry.fault
    },
    hold(on) {
      let waiting = 0
      const gate = createDeferred()
      const arrival = createDeferred()
      const open: OpenHold = {
        on,
        release() {
          holds = holds.filter((other) => other !== open)
          gate.resolve()
        },
        async enter(signal) {
          waiting++
          arrival.resolve()
          try {
            await untilAborted(gate.promise, signal)
          } finally {
            waiting--
          }
        }
      }
      holds.push(open)
      return { waiting: () => waiting, arrived: () => arrival.promise, release: open.release }
    },
    async pass(endpoint, signal) {
      for (const hold of holds) if (matches(hold.on, endpoint)) await hold.enter(signal)
    },
    clear() {
      script = []
      for (const hold of holds) hold.release()
    }
  }
}

function matches(on: Endpoint | 'jwks' | undefined, endpoint: Endpoint): boolean {
  if (on === undefined || on === endpoint) return true
  return on === 'jwks' && (endpoint === 'fapi-jwks' || endpoint === 'bapi-jwks')
}

/** Waits for the promise, or rejects as `fetch` does once the caller gives up. */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) {
    promise.catch(() => {})
    return Promise.reject(signal.reason)
  }
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
