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

/** Made when the first connection asks: an instance without long-lived connections has neither index nor timer. */
const lifetimesOf = new WeakMap<LifetimeInstance, Lifetimes>()

/**
 * Begins the lifetime of the connection that a request opened; it is let go when the socket closes. Throws
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
  // One socket of HTTP/2 carries many requests: what ends there is the stream.
  return lifetimes.open(request.auth, request.raw.stream ?? request.raw.socket)
}
