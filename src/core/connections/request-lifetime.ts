import type { Auth } from '../auth/types.js'
import type { Revocations } from '../revocation/revocations.js'
import type { Verifier } from '../token/verifier.js'
import { type Closable, createLifetimes, type Lifetime, type Lifetimes } from './lifetime.js'

/** The part of an instance that lifetimes need. */
export interface LifetimeInstance {
  readonly settings: { readonly now: () => number; readonly clockSkewInMs: number }
  readonly revocations: Revocations
  readonly verifier: Verifier
}

/** The part of Fastify's request that lifetimes need. */
export interface LifetimeRequest {
  readonly auth: Auth
  readonly raw: { readonly socket: Closable; readonly stream?: Closable }
}

/**
 * Module-level because it is keyed by identity: an instance's lifetimes live as long as the instance object, and no two
 * instances share any. Made at the first connection, so that an instance without any has neither index nor timer.
 */
const lifetimesOf = new WeakMap<LifetimeInstance, Lifetimes>()

/**
 * Begins the lifetime of the connection that a request opened. It ends by itself when the socket closes. Throws
 * `FST_CLERK_UNAUTHORIZED` unless a session is signed in.
 */
export function openLifetime(instance: LifetimeInstance, request: LifetimeRequest): Lifetime {
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
  // A socket of HTTP/2 carries many requests, each in a stream of its own: there the stream's end counts.
  return lifetimes.open(request.auth, request.raw.stream ?? request.raw.socket)
}
