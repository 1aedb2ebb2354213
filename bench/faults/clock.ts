import { Socket } from 'node:net'
import { promisify } from 'node:util'

/** Lets time pass for everything in this process that asks for it or waits for it. */
export interface Clock {
  pass(ms: number): void
  readonly nowMs: () => number
}

/**
 * Replaces the globals that tell time and wait. Key caches live for minutes and most contenders have no seam for a clock; so
 * that all of them run with the defaults that they ship, the process they run in is the seam. Sockets are real. To be
 * called before a contender is imported.
 */
export function installClock(): Clock {
  const RealDate = Date
  const realNow = Date.now
  const realElapsed = performance.now.bind(performance)
  const realSetTimeout = setTimeout
  const realClearTimeout = clearTimeout
  const timers = new Set<Timer>()
  let passedMs = 0

  /** What `setTimeout` gives in Node, as far as libraries use it. */
  class Timer {
    dueMs = 0
    private real: NodeJS.Timeout | undefined
    private isRef = true
    private readonly run: () => void
    private readonly ms: number
    private readonly repeats: boolean

    constructor(run: () => void, ms: number, repeats: boolean) {
      this.run = run
      this.ms = ms >= 1 && ms <= 2 ** 31 - 1 ? ms : 1
      this.repeats = repeats
      this.refresh()
    }

    refresh(): this {
      this.dueMs = realElapsed() + passedMs + this.ms
      this.arm()
      return this
    }

    arm(): void {
      realClearTimeout(this.real)
      timers.add(this)
      this.real = realSetTimeout(() => this.fire(), Math.max(0, this.dueMs - realElapsed() - passedMs))
      if (!this.isRef) this.real.unref()
    }

    private fire(): void {
      timers.delete(this)
      if (this.repeats) this.refresh()
      this.run()
    }

    close(): this {
      realClearTimeout(this.real)
      timers.delete(this)
      return this
    }

    ref(): this {
      this.isRef = true
      this.real?.ref()
      return this
    }

    unref(): this {
      this.isRef = false
      this.real?.unref()
      return this
    }

    hasRef(): boolean {
      return this.isRef
    }
  }

  class PassingDate extends RealDate {
    constructor(...given: [] | [number]) {
      if (given.length === 0) super(realNow() + passedMs)
      else super(...given)
    }
    static override now = () => realNow() + passedMs
  }

  type Callback = (...args: unknown[]) => void
  const wait =
    (repeats: boolean) =>
    (callback: Callback, ms?: number, ...args: unknown[]) =>
      new Timer(() => callback(...args), Number(ms), repeats)
  const clear = (timer: unknown) => {
    if (timer instanceof Timer) timer.close()
    else realClearTimeout(timer as NodeJS.Timeout)
  }
  const setPassingTimeout = Object.assign(wait(false), {
    [promisify.custom]: (ms: number, value: unknown) => new Promise((resolve) => wait(false)(() => resolve(value), ms))
  })
  Object.assign(globalThis, {
    Date: PassingDate,
    setTimeout: setPassingTimeout,
    setInterval: wait(true),
    clearTimeout: clear,
    clearInterval: clear
  })
  performance.now = () => realElapsed() + passedMs
  AbortSignal.timeout = (ms) => {
    const abort = new AbortController()
    wait(false)(() => abort.abort(new DOMException('The operation timed out', 'TimeoutError')), ms).unref()
    return abort.signal
  }
  passSocketTimeouts(wait(false))

  return {
    nowMs: () => realElapsed() + passedMs,
    pass(ms) {
      passedMs += ms
      for (const timer of [...timers].sort((a, b) => a.dueMs - b.dueMs)) timer.arm()
    }
  }
}

/** `http.request({ timeout })` counts in timers of its own; here it counts in ours. */
function passSocketTimeouts(wait: (run: () => void, ms?: number) => { unref(): { close(): unknown } }): void {
  const running = new WeakMap<Socket, { close(): unknown }>()
  Socket.prototype.setTimeout = function setTimeout(this: Socket, ms: number, callback?: () => void) {
    running.get(this)?.close()
    if (callback !== undefined) this.once('timeout', callback)
    if (ms > 0) running.set(this, wait(() => this.emit('timeout'), ms).unref())
    return this
  }
}
