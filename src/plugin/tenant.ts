import { openConnections } from '../core/connections/request-lifetime.js'
import type { Instance } from '../core/instance.js'

/** Measured: an instance with keys and without verified tokens takes 56 KB, a revocation 130 bytes, a connection 1 KB. */
const INSTANCE_BYTES = 64 * 1024
const REVOCATION_BYTES = 160
const CONNECTION_BYTES = 1024

/** An instance behind a resolver, and what decides whether it stays. */
export class Tenant {
  /** Number of the use that counts: of a settled tenant the last one that was signed in, of others the last. */
  usedAt = 0
  /** Its place is not for strangers to take. */
  isSettled = false
  restingSinceMs = 0
  /** Estimated when it went to rest, and at sweeps since. */
  bytes = 0
  readonly identity: string
  readonly instance: Instance
  #signedIn = 0

  constructor(identity: string, instance: Instance) {
    this.identity = identity
    this.instance = instance
  }

  /** Whether a request was signed in since this was last asked. */
  hasSignedIn(): boolean {
    const { signedIn } = this.instance.counters
    if (signedIn === this.#signedIn) return false
    this.#signedIn = signedIn
    return true
  }

  /** Users of the time before do not count: a request for its host would do to bring a tenant back in their name. */
  wake(): void {
    this.#signedIn = this.instance.counters.signedIn
  }

  /** Must not be closed now: a connection or a request relies on this very instance. */
  isInUse(): boolean {
    return this.instance.waiting > 0 || openConnections(this.instance) > 0
  }

  measure(): number {
    const { revocations } = this.instance
    this.bytes =
      INSTANCE_BYTES + revocations.size * REVOCATION_BYTES + openConnections(this.instance) * CONNECTION_BYTES
    return this.bytes
  }
}
