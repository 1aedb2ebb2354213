import type { Auth } from '../auth/types.js'
import type { Revocations } from '../revocation/types.js'
import type { Verifier } from '../token/verifier.js'
import { type Closing, createLifetimes, type Lifetime, type Lifetimes } from './lifetime.js'
import { eitherEnd } from './waiting-response.js'

/** The part of an instance that lifetimes need. */
export interface LifetimeInstance {
  readonly settings: { readonly now: () => number; readonly clockSkewInMs: number }
  readonly revocations: Revocations
  readonly verifier: Verifier
}

/** The part of Node's request that lifetimes need. */
export interface LifetimeRequest {
  readonly socket: Closing
  /** HTTP/2 only. */
  readonly stream?: Closing
  /** The connection was given to a listener of the server's `upgrade`. */
  readonly upgrade?: boolean
}

export interface LifetimeResponse extends Closing {
  /** Null: an earlier response of the connection is not done yet (pipelining). */
  readonly socket: object | null
}

/**
 * Module-level because it is keyed by identity: an instance's lifetimes live as long as the instance object, and no two
 * instances share any. Made at the first connection, so that an instance without any has neither index nor timer.
 */
const lifetimesOf = new WeakMap<LifetimeInstance, Lifetimes>()

/**
 * Begins the lifetime of the connection that a request opened. It ends by itself when the response ends, or when the
 * socket of an upgraded connection closes; without a request, when it is closed by hand. Throws `FST_CLERK_UNAUTHORIZED`
 * unless a session is signed in.
 */
export function openLifetime(
  instance: LifetimeInstance,
  auth: Auth,
  request: LifetimeRequest | undefined,
  response: LifetimeResponse | undefined
): Lifetime {
  let lifetimes = lifetimesOf.get(instance)
  if (lifetimes === undefined) {
    const { settings, revocations, verifier } = instance
    lifetimes = createLifetimes({
      now: settings.now,
      clockSkewMs: settings.clockSkewInMs,
      revocations,
      verify: (token) => verifier.verify(token)
    })
    lifetimesOf.set(instance, lifetimes)
  }
  const transport = request === undefined ? undefined : transportOf(request, response)
  const lifetime = lifetimes.open(auth, transport)
  if (transport?.closed === true) lifetime.close()
  return lifetime
}

/** Number of open connections of an instance. */
export function openConnections(instance: LifetimeInstance): number {
  return lifetimesOf.get(instance)?.size ?? 0
}

/**
 * The object whose `close` ends the lifetime. A socket of HTTP/1.1 carries one response after another, and a socket of
 * HTTP/2 many at a time: unless it was upgraded, its close is not the end of this response.
 */
function transportOf(request: LifetimeRequest, response: LifetimeResponse | undefined): Closing {
  if (request.stream !== undefined) return request.stream
  if (request.upgrade === true || response === undefined) return request.socket
  return response.socket === null ? eitherEnd(request.socket, response) : response
}
