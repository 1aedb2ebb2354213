/** A promise, and the function that resolves it. */
export interface Deferred {
  readonly promise: Promise<void>
  readonly resolve: () => void
}

export function createDeferred(): Deferred {
  let resolve = () => {}
  const promise = new Promise<void>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}
