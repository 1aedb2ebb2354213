import type { Instance } from '../core/instance.js'
import type { SetTimer } from '../core/timers.js'
import { createForgottenRevocations } from './forgotten-revocations.js'
import type { Tenant } from './tenant.js'

/**
 * Tenants that were pushed out. Their instances go on: a request that waits is answered, a revocation from the bus ends a
 * connection, a budget stays spent. Asked for again, a tenant goes on with the same instance.
 */
export interface RestingTenants {
  add(tenant: Tenant): void
  take(identity: string): Tenant | undefined
  instances(): Instance[]
  /** Applies the revocations of an earlier instance of this identity to one that is built anew. */
  restore(identity: string, instance: Instance): void
  close(): Promise<void>
}

/** The longest memory of a budget: a session that demanded keys in vain is not heard for ten minutes. */
export const REST_MS = 600_000
/** Bound on the estimated memory of all resting tenants: about a thousand tenants without revocations. */
export const MAX_RESTING_BYTES = 64 * 1024 * 1024
const SWEEP_MS = 60_000

export function createRestingTenants(now: () => number, setTimer: SetTimer): RestingTenants {
  /** In the order in which they came to rest. */
  const tenants = new Map<string, Tenant>()
  const forgotten = createForgottenRevocations(now)
  let bytes = 0
  let cancelSweep: (() => void) | null = null

  function remove(tenant: Tenant): void {
    tenants.delete(tenant.identity)
    bytes -= tenant.bytes
  }

  function close(tenant: Tenant): void {
    remove(tenant)
    forgotten.keep(tenant.identity, tenant.instance)
    // A bus of the application's own may break its promise not to reject. Nobody waits for it here.
    tenant.instance.close().catch(() => {})
  }

  /** Closes resting tenants until the bound holds, the oldest first, and tenants with revocations last. A tenant in use stays. */
  function keepBound(): void {
    for (const mayHaveRevocations of [false, true]) {
      for (const tenant of tenants.values()) {
        if (bytes <= MAX_RESTING_BYTES) return
        if (!tenant.isInUse() && (mayHaveRevocations || tenant.instance.revocations.size === 0)) close(tenant)
      }
    }
  }

  function sweep(): void {
    cancelSweep = null
    const restingUntilMs = now() - REST_MS
    for (const tenant of tenants.values()) {
      bytes += -tenant.bytes + tenant.measure()
      const isOver = tenant.restingSinceMs <= restingUntilMs && tenant.instance.revocations.size === 0
      if (isOver && !tenant.isInUse()) close(tenant)
    }
    keepBound()
    if (tenants.size > 0) cancelSweep = setTimer(sweep, SWEEP_MS)
  }

  return {
    add(tenant) {
      tenant.instance.rest()
      tenant.restingSinceMs = now()
      bytes += tenant.measure()
      tenants.set(tenant.identity, tenant)
      keepBound()
      cancelSweep ??= setTimer(sweep, SWEEP_MS)
    },
    take(identity) {
      const tenant = tenants.get(identity)
      if (tenant !== undefined) remove(tenant)
      return tenant
    },
    instances: () => [...tenants.values()].map(({ instance }) => instance),
    restore: forgotten.restore,
    async close() {
      cancelSweep?.()
      cancelSweep = null
      const instances = [...tenants.values()].map(({ instance }) => instance)
      tenants.clear()
      bytes = 0
      await Promise.all(instances.map((instance) => instance.close()))
    }
  }
}
