import { createDeferred } from '../core/deferred.js'
import { checkChoice, checkNumber, checkText } from '../core/options/checks.js'
import { required, wholeNumber } from '../core/options/readers.js'
import { option, type Readers } from '../core/options/table.js'
import { readInput } from './inputs.js'
import { checkEndpoint, type Endpoint } from './request-log.js'

/** A failure of an endpoint. `delay` and `slow-drip` take real time; in tests prefer `hold`, which waits for a call. */
export type FaultKind =
  | { readonly kind: 'delay'; readonly delayInMs: number }
  | { readonly kind: 'status'; readonly status: number; readonly retryAfter?: number | string; readonly code?: string }
  /** No response until the caller gives up or the instance closes. */
  | { readonly kind: 'hang' }
  /** The connection breaks before a response. */
  | { readonly kind: 'reset' }
  /** The connection breaks in the middle of the body. */
  | { readonly kind: 'truncated' }
  | { readonly kind: 'html' }
  /** Valid JSON of another form. */
  | { readonly kind: 'wrong-json'; readonly json?: unknown }
  /** Text that does not parse, sent as JSON. */
  | { readonly kind: 'broken-json' }
  | { readonly kind: 'empty-set' }
  | { readonly kind: 'oversized'; readonly bytes?: number }
  | { readonly kind: 'redirect'; readonly location?: string }
  /** The right body, `chunkBytes` (default 64) every `everyInMs` (default 50). */
  | { readonly kind: 'slow-drip'; readonly everyInMs?: number; readonly chunkBytes?: number }

export type Fault = FaultKind & {
  /** Endpoint that fails; `jwks` stands for both key endpoints. Default: whichever is asked next. */
  readonly on?: Endpoint | 'jwks'
  /** How many requests fail. Default 1; `Infinity` until `clear()`. */
  readonly times?: number
}

/** Holds requests until the test releases them, which makes fetches overlap without sleeping. */
export interface Hold {
  /** Number of requests held now. */
  waiting(): number
  /** Resolves when the first request has arrived. */
  arrived(): Promise<void>
  /** Lets the held requests go on; later requests are not held. */
  release(): void
}

/** A script of failures: each request takes the first entry for its endpoint. */
export interface Faults {
  next(...faults: Fault[]): void
  hold(on?: Endpoint | 'jwks'): Hold
  /** Removes all entries and releases all held requests. */
  clear(): void
}

const milliseconds = wholeNumber({ min: 0, max: 2_147_483_647, default: null })
const bytes = wholeNumber({ min: 1, max: 1_073_741_824, default: null })

/** The members of each kind. */
const KINDS: Readonly<Record<FaultKind['kind'], Readers>> = {
  delay: { delayInMs: required(milliseconds, 'milliseconds') },
  status: {
    status: required(wholeNumber({ min: 200, max: 599, default: null }), 'an HTTP status'),
    retryAfter: option((given) => typeof given.value === 'number' || checkText(given)),
    code: option(checkText)
  },
  hang: {},
  reset: {},
  truncated: {},
  html: {},
  'wrong-json': { json: option(() => {}) },
  'broken-json': {},
  'empty-set': {},
  oversized: { bytes },
  redirect: { location: option(checkText) },
  'slow-drip': { everyInMs: milliseconds, chunkBytes: bytes }
}

const KIND_NAMES = Object.keys(KINDS) as FaultKind['kind'][]

const COMMON: Readers = {
  kind: option(() => {}),
  on: option(({ name, value }) => checkEndpoint(name, value)),
  times: option((given) => checkNumber(given, { min: 1, max: Number.POSITIVE_INFINITY }))
}

/** Throws for a fault that would not happen, or not as it is written. */
function readFault(fault: Fault): Fault {
  const kind = checkChoice({ name: 'Fault.kind', value: (fault as Fault | undefined)?.kind ?? null }, KIND_NAMES)
  return readInput({ ...COMMON, ...(kind && KINDS[kind]) }, 'Fault', fault)
}

export interface FaultScript extends Faults {
  take(endpoint: Endpoint): Fault | undefined
  /** Resolves when the endpoint is not held. */
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
      for (const fault of faults) script.push({ fault: readFault(fault), left: fault.times ?? 1 })
    },
    take(endpoint) {
      const entry = script.find(({ fault }) => matches(fault.on, endpoint))
      if (entry === undefined) return undefined
      if (--entry.left <= 0) script = script.filter((other) => other !== entry)
      return entry.fault
    },
    hold(on) {
      checkEndpoint('hold.on', on)
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

/** Settles as the promise does, or rejects with the signal's reason as `fetch` does when its caller gives up. */
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
