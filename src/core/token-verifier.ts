import type { InstanceHealth } from './instance/health.js'
import { createInstance, type InstanceStats } from './instance.js'
import { silentLogger } from './logger.js'
import type { ClerkAuthOptions } from './options/instance-options.js'
import { readInstanceOptions } from './options/instance-settings.js'
import type { RevocationTarget } from './revocation/revocation.js'
import { whileAwaited } from './timers.js'
import type { VerifyOptions, VerifyResult } from './token/outcome.js'

/** Verifies session tokens without Fastify. */
export interface TokenVerifier {
  /**
   * Judges a session token: its type, signature and claims, and whether its session has outstanding tasks. Never throws or rejects
   * for a bad token. A token lives 60 seconds: a job that waits longer is to keep the user's id, not the token.
   */
  verify(token: string, options?: VerifyOptions): Promise<VerifyResult>
  /** As `fastify.clerk.revoke`. */
  revoke(target: RevocationTarget, at?: number | Date): Promise<boolean>
  health(): InstanceHealth
  stats(): InstanceStats
  /** Fetches the keys as `jwks.warmUp` says. Optional: the first token fetches them if nothing else has. */
  ready(): Promise<void>
  /** Stops refreshing keys, leaves the bus, and forgets the tokens. A script needs it only with a bus, whose connections keep it alive. */
  close(): Promise<void>
}

/**
 * Makes a verifier for code that has no Fastify request: WebSocket servers, jobs, queue consumers. It takes the plugin's
 * options and environment variables, and answers as the plugin does, with a key store and token cache of its own. Throws
 * the coded error of a bad option.
 */
export function createTokenVerifier(options: ClerkAuthOptions = {}): TokenVerifier {
  const instance = createInstance(readInstanceOptions(options, { env: process.env, logger: silentLogger }))
  return {
    verify: (token, options) => Promise.resolve(instance.verifyToken(token, options)),
    revoke: (target, at) => instance.revocations.revoke(target, at),
    health: instance.health,
    stats: instance.stats,
    // No server keeps the process alive meanwhile.
    ready: () => whileAwaited(instance.ready()),
    close: instance.close
  }
}
