import { Socket } from 'node:net'
import { promisify } from 'node:util'

/** Makes time pass for all code of this process that reads the time or sets timers. */
export interface Clock {
  pass(ms: number): void
  readonly nowMs: () => number
}

/**
 * Replaces the globals that tell the time and set timers. Key caches live for minutes, and most contenders do not take
 * a clock: with the globals replaced, all of them run with their default settings. Sockets are real. Call it before a
 * contender is imported.
 */
export function installClock(): Clock {
  const RealDate = Date
  const realNow = Date.now
  const realElapsed = performance.now.bind(performance)
  const realSetTimeout = setTimeout
  const realClearTimeout = clearTimeout
  const timers = new Set<Timer>()
  let passedMs = 0

  /** The members of Node's `Timeout` that libraries use. */
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

/** Node times `http.request({ timeout })` by internal timers; this makes it use the replaced ones. */
function passSocketTimeouts(wait: (run: () => void, ms?: number) => { unref(): { close(): unknown } }): void {
  const running = new WeakMap<Socket, { close(): unknown }>()
  Socket.prototype.setTimeout = function setTimeout(this: Socket, ms: number, callback?: () => void) {
    running.get(this)?.close()
    if (callback !== undefined) this.once('timeout', callback)
    if (ms > 0) running.set(this, wait(() => this.emit('timeout'), ms).unref())
    return this
  }
}
