import type { FastifyRequest } from 'fastify'
import type { Lifetime } from '../core/connections/lifetime.js'
import { openLifetime } from '../core/connections/request-lifetime.js'
import { NotRegisteredError, ResolverOnlyError } from '../core/errors.js'
import type { InstanceHealth } from '../core/instance/health.js'
import type { Instance, InstanceStats } from '../core/instance.js'
import type { RevocationTarget } from '../core/revocation/revocation.js'
import type { VerifyOptions, VerifyResult } from '../core/token/outcome.js'
import { type Explanation, explain } from './explain.js'
import { toRefusalError } from './guards/refusal.js'
import { type Identity, identify } from './identify.js'
import type { AuthenticatedSlots } from './on-request.js'
import type { RouteTable, RouteTableEntry } from './route-table.js'
import { kInstance, kReply } from './symbols.js'

/** `fastify.clerk`: what an application can ask of the plugin besides authenticating requests. */
export interface ClerkDecorator {
  /**
   * Verifies a session token that did not come in a header or cookie of a request: of a WebSocket's first message, of a
   * job. Never throws for a bad token. With a resolver, name the request whose instance is meant.
   */
  verifyToken(token: string, request?: FastifyRequest, options?: VerifyOptions): Promise<VerifyResult>
  /**
   * Signs out before tokens run out: from the next request on, tokens of the target issued until now (or until `at`)
   * are refused with reason `session-revoked`. Resolves to whether other processes have been told.
   */
  revoke(target: RevocationTarget, at?: number | Date): Promise<boolean>
  /**
   * How long a connection of this request may stay open: an `AbortSignal` that fires when the session is revoked or its
   * token runs out without `renew(token)`. One timer serves all connections. Throws `FST_CLERK_UNAUTHORIZED` unless a session
   * is signed in: a machine token has no session, and cannot be renewed.
   */
  lifetime(request: FastifyRequest): Lifetime
  /**
   * The lifetime of a connection that authenticates by its first message: verifies the session token, and resolves to what
   * `lifetime` gives, whose `auth` is that of the token. With `request`, of the connection's upgrade, it ends by itself when
   * the socket closes; without, call its `close()`. With a resolver the request also names the instance.
   *
   * Rejects with `FST_CLERK_UNAUTHORIZED`, whose `reason` is Clerk's, for a bad token and for a session with outstanding
   * tasks, and with `FST_CLERK_KEYS_UNAVAILABLE` while the token cannot be judged.
   */
  openLifetime(token: string, request?: FastifyRequest): Promise<Lifetime>
  /** Who is behind a request; null: nobody, or not known (yet). Never throws. */
  identify(request: unknown): Identity | null
  /**
   * How a request was decided: which carriers were seen, the row of the decision table, what the token says of itself, reason and
   * guard. Holds no token and no value of a cookie. Null: not authenticated (yet), or it may not be seen: the option
   * `explain` permits it on development instances. Nothing is recorded for it: it is found from the request when asked.
   */
  explain(request: FastifyRequest): Explanation | null
  /** State of keys and revocations, for a readiness route. Holds no secret. */
  health(): InstanceHealth
  /** Counters since start. */
  stats(): InstanceStats
  /** Every route of the scope with what it asks of a request, in order of registration. */
  routes(): readonly RouteTableEntry[]
  /** The same as a text table. */
  printRoutes(): string
  /** The instance that authenticated a request; with one instance, that one. For extensions. */
  instanceOf(request?: FastifyRequest): Instance
  /**
   * The instances in use: with a resolver those awake and those at rest, none before the first request. Ask again rather
   * than keep the list: an instance that has been closed stays in it for ever. For extensions.
   */
  instances(): readonly Instance[]
}

export function createClerkDecorator(
  single: Instance | null,
  instances: () => readonly Instance[],
  table: RouteTable
): ClerkDecorator {
  function instanceOf(request?: FastifyRequest): Instance {
    const instance = request === undefined ? single : (request as unknown as AuthenticatedSlots)[kInstance]
    if (instance) return instance
    throw single === null ? new ResolverOnlyError() : new NotRegisteredError()
  }

  return Object.freeze({
    instanceOf,
    instances,
    // Not async: a token in memory is answered without waiting for anything but the promise itself.
    verifyToken: (token: string, request?: FastifyRequest, options?: VerifyOptions) =>
      Promise.resolve(instanceOf(request).verifyToken(token, options)),
    revoke: (target: RevocationTarget, at?: number | Date) => instanceOf().revocations.revoke(target, at),
    lifetime(request: FastifyRequest) {
      const reply = (request as unknown as AuthenticatedSlots)[kReply]
      return openLifetime(instanceOf(request), request.auth, request.raw, reply?.raw)
    },
    async openLifetime(token: string, request?: FastifyRequest) {
      const instance = single ?? instanceOf(request)
      const result = await instance.verifyToken(token)
      if (!result.ok) throw toRefusalError(result.reason, result.retryAfterSeconds)
      const reply = (request as unknown as AuthenticatedSlots | undefined)?.[kReply]
      return openLifetime(instance, result.auth, request?.raw, reply?.raw)
    },
    identify,
    explain,
    health: () => instanceOf().health(),
    stats: () => instanceOf().stats(),
    routes: () => table.entries,
    printRoutes: () => table.print()
  }) as ClerkDecorator
}
