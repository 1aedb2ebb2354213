import { createInstance, type InstanceHealth, type InstanceStats } from './instance.js'
import { silentLogger } from './logger.js'
import type { ClerkAuthOptions } from './options/instance-options.js'
import { readInstanceOptions } from './options/instance-settings.js'
import type { RevocationTarget } from './revocation/revocation.js'
import type { VerifyResult } from './token/outcome.js'

/** The verification core without Fastify. */
export interface TokenVerifier {
  /** Judges a session token: its type, signature and claims. Never throws or rejects for a bad token. */
  verify(token: string): Promise<VerifyResult>
  /** As `fastify.clerk.revoke`. */
  revoke(target: RevocationTarget, at?: number | Date): Promise<boolean>
  health(): InstanceHealth
  stats(): InstanceStats
  /** Warm-up as configured by `jwks.warmUp`. Optional: the first token does the same. */
  ready(): Promise<void>
  /** Stops refreshing keys. Timers keep no process alive, so a script need not call it. */
  close(): Promise<void>
}

/**
 * The verification core for WebSocket upgrades, jobs and everything else without a Fastify request: the same options and
 * environment variables, key store, token cache and answers as the plugin. Throws the coded error of a bad option.
 */
export function createTokenVerifier(options: ClerkAuthOptions = {}): TokenVerifier {
  const instance = createInstance(readInstanceOptions(options, { env: process.env, logger: silentLogger }))
  return {
    verify: async (token) => instance.verifyToken(token),
    revoke: (target, at) => instance.revocations.revoke(target, at),
    health: instance.health,
    stats: instance.stats,
    ready: instance.ready,
    close: instance.close
  }
}
