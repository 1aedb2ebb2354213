import { openConnections } from '../core/connections/request-lifetime.js'
import type { Instance } from '../core/instance.js'
import type { OnRequestHook } from './on-request.js'

/** Measured: an instance with keys and without verified tokens takes 59 KB, a revocation 130 bytes, a connection 1 KB. */
const INSTANCE_BYTES = 64 * 1024
const REVOCATION_BYTES = 160
const CONNECTION_BYTES = 1024

/**
 * Leads to a tenant while it is awake. It is what is remembered of options: those that an application keeps would otherwise
 * keep an instance that was closed.
 */
export interface Place {
  readonly tenant: Tenant | null
}

/** An instance behind a resolver, with the figures by which it stays or is pushed out. */
export class Tenant {
  /** Number of its last use. Of a settled tenant only uses by signed-in users count. */
  usedAt = 0
  /** Users have signed in here, so tenants without sign-ins cannot push it out. */
  isSettled = false
  restingSinceMs = 0
  /** Estimated memory, measured when the tenant went to rest and at each sweep since. */
  bytes = 0
  readonly identity: string
  readonly instance: Instance
  /** Kept by the plugin's hook: the hook of this instance, made at its first request. */
  hook: OnRequestHook | null = null
  #signedIn = 0
  #place: { tenant: Tenant | null } = { tenant: null }

  constructor(identity: string, instance: Instance) {
    this.identity = identity
    this.instance = instance
  }

  /** Whether a request was signed in since the last call. */
  hasSignedIn(): boolean {
    const { signedIn } = this.instance.counters
    if (signedIn === this.#signedIn) return false
    this.#signedIn = signedIn
    return true
  }

  /**
   * Gives it a place, and forgets earlier sign-ins: otherwise any request for its host would bring the tenant back as one with
   * signed-in users.
   */
  wake(): void {
    this.#signedIn = this.instance.counters.signedIn
    this.#place = { tenant: this }
  }

  get place(): Place {
    return this.#place
  }

  /** Before it goes to rest. */
  leavePlace(): void {
    this.#place.tenant = null
  }

  /** Whether a connection or a waiting request uses the instance, so that it must not be closed now. */
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
