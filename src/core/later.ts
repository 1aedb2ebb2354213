/** A value, or one that is still to come. */
export type Eventually<T> = T | Later<T> | Promise<T>

/**
 * A value that comes later, as from a callback of the thread pool. Other than a promise it calls its listener at once when
 * the value is there: a first-seen token passes four hands between its signature and Fastify's `done`, and a promise for
 * each of them would cost its objects and a round of the microtask queue.
 *
 * The first to listen is called directly, in the async context of the call that brings the value. So listen in the call that
 * begins the work: callbacks of Node keep its context. All others are answered through a promise, which keeps the context
 * of each of them, or a request would go on in the context of another request that brought the same token.
 */
export class Later<T> implements PromiseLike<T> {
  #settled: { readonly value: T } | { readonly error: unknown } | null = null
  #onValue: ((value: T) => void) | null = null
  #onError: ((error: unknown) => void) | null = null
  #onEnd: (() => void) | null = null
  #target: Later<unknown> | null = null
  #promise: Promise<T> | null = null
  #resolve: ((value: T) => void) | null = null
  #reject: ((error: unknown) => void) | null = null

  /** Gives the value, once; or takes it from another as soon as it comes. */
  settle(value: Eventually<T>): void {
    if (isToCome(value)) {
      listen(
        value,
        (settled) => this.settle(settled),
        (error) => this.fail(error)
      )
      return
    }
    this.#settled = { value }
    this.#onEnd?.()
    this.#resolve?.(value)
    if (this.#target !== null) this.#target.#take(this.#onValue as (value: T) => unknown, value)
    else this.#onValue?.(value)
  }

  /** As the rejection of a promise: unhandled if nobody listens. */
  fail(error: unknown): void {
    this.#settled = { error }
    this.#onEnd?.()
    this.#reject?.(error)
    if (this.#target !== null) this.#target.fail(error)
    else if (this.#onError !== null) this.#onError(error)
    else this.#promise ??= Promise.reject(error)
  }

  /** Calls one of the two once the value has come: at once if this is the first to listen, else from a promise. */
  listen(onValue: (value: T) => void, onError: (error: unknown) => void): void {
    if (this.#onValue === null && this.#settled === null) {
      this.#onValue = onValue
      this.#onError = onError
    } else this.promise().then(onValue, onError)
  }

  /** The answer of `convert` to the value. It fails with what `convert` throws. */
  next<U>(convert: (value: T) => Eventually<U>): Later<U> {
    const converted = new Later<U>()
    if (this.#onValue === null && this.#target === null && this.#settled === null) {
      this.#target = converted as Later<unknown>
      this.#onValue = convert as (value: T) => void
    } else {
      this.promise().then(
        (value) => converted.#take(convert, value),
        (error) => converted.fail(error)
      )
    }
    return converted
  }

  #take<S>(convert: (value: S) => Eventually<T>, value: S): void {
    let result: Eventually<T>
    try {
      result = convert(value)
    } catch (error) {
      this.fail(error)
      return
    }
    this.settle(result)
  }

  /** Calls `onEnd`, whatever comes, before anybody who listens. One can be kept; it does not count as listening. */
  whenEnded(onEnd: () => void): void {
    this.#onEnd = onEnd
  }

  promise(): Promise<T> {
    this.#promise ??= new Promise((resolve, reject) => {
      if (this.#settled === null) {
        this.#resolve = resolve
        this.#reject = reject
      } else if ('value' in this.#settled) resolve(this.#settled.value)
      else reject(this.#settled.error)
    })
    return this.#promise
  }

  // biome-ignore lint/suspicious/noThenProperty: it is awaited where nothing hangs on a microtask.
  then<A = T, B = never>(
    onValue?: ((value: T) => A | PromiseLike<A>) | null,
    onError?: ((error: unknown) => B | PromiseLike<B>) | null
  ): Promise<A | B> {
    return this.promise().then(onValue, onError)
  }
}

export function isToCome<T>(value: Eventually<T>): value is Later<T> | Promise<T> {
  return value instanceof Later || value instanceof Promise
}

/** Whether a value of the application is still to come, as that of a query builder or of another library's promise is. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}

export function toLater<T>(value: Later<T> | Promise<T>): Later<T> {
  if (value instanceof Later) return value
  const later = new Later<T>()
  later.settle(value)
  return later
}

/** Calls one of the two once the value has come. */
export function listen<T>(
  value: Later<T> | Promise<T>,
  onValue: (value: T) => void,
  onError: (error: unknown) => void
): void {
  if (value instanceof Later) value.listen(onValue, onError)
  else value.then(onValue, onError)
}

/** Calls `onEnd` once the value has come, or failed to. */
export function whenEnded<T>(value: Later<T> | Promise<T>, onEnd: () => void): void {
  if (value instanceof Later) value.whenEnded(onEnd)
  else value.then(onEnd, onEnd)
}

/** The answer of `convert` to the value: now if the value is there, else once it comes. */
export function convert<T, U>(value: Eventually<T>, converter: (value: T) => Eventually<U>): Eventually<U> {
  if (value instanceof Later) return value.next(converter)
  return value instanceof Promise ? value.then(converter) : converter(value)
}
