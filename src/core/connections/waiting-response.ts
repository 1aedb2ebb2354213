import type { Closable, Closing } from './lifetime.js'

/**
 * Listeners of responses that wait for their turn, by socket. One listener of ours on each socket calls them all: Node warns
 * of the eleventh, and a client may send any number of requests ahead.
 */
const waitingAt = new WeakMap<Closable, Set<() => void>>()

/**
 * A response that waits for an earlier one of its connection. Node gives it no `close` when the socket closes meanwhile, so
 * the end of either is its end.
 */
export function eitherEnd(socket: Closing, response: Closing) {
  return {
    get closed() {
      return response.closed === true || socket.closed === true
    },
    once(event: 'close', listener: () => void): void {
      response.once(event, listener)
      listenersAt(socket).add(listener)
    },
    off(event: 'close', listener: () => void): void {
      response.off(event, listener)
      waitingAt.get(socket)?.delete(listener)
    }
  }
}

function listenersAt(socket: Closable): Set<() => void> {
  let listeners = waitingAt.get(socket)
  if (listeners === undefined) {
    const added = new Set<() => void>()
    socket.once('close', () => {
      // Each listener removes itself from the set.
      for (const listener of added) listener()
    })
    waitingAt.set(socket, added)
    listeners = added
  }
  return listeners
}
