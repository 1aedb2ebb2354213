import { countRepeats } from '../core/counted-log.js'
import { createInstance, type Instance } from '../core/instance.js'
import { logLine } from '../core/log-lines.js'
import type { Logger } from '../core/logger.js'
import { readInstanceOptions } from '../core/options/instance-settings.js'
import { type SetTimer, setUnrefTimer } from '../core/timers.js'
import { copyOf, identityOf, isUnchanged } from './instance-identity.js'
import { createMadeAnewWatch } from './made-anew.js'
import type { InstanceOptions } from './resolver-options.js'
import { createRestingTenants } from './resting-tenants.js'
import { type Place, Tenant } from './tenant.js'

/**
 * The instances behind a resolver, each built once and known by the identity of its options.
 *
 * At most `maxInstances` are awake. One that is pushed out rests: it lets go of its verified tokens and keeps all else.
 * An eighth of the places, at least one, is for tenants without signed-in users: requests for their hosts push out each
 * other, and no tenant that has users.
 */
export interface Instances {
  /** Throws the coded error of an option that is not valid, and after `close`. */
  obtain(options: InstanceOptions): Tenant
  /** Those awake and those at rest. */
  list(): readonly Instance[]
  close(): Promise<void>
}

export interface InstancesSettings {
  readonly maxInstances: number
  readonly logger: Logger
  /** Milliseconds since the epoch. Default `Date.now`. */
  readonly now?: () => number
  /** Default: real time, without keeping the process alive. */
  readonly setTimer?: SetTimer
}

/** Part of the places that tenants with users leave free. */
const RESERVED_DIVISOR = 8

export function createInstances(settings: InstancesSettings): Instances {
  const { maxInstances, logger, now = Date.now, setTimer = setUnrefTimer } = settings
  const maxSettled = maxInstances - Math.max(1, Math.floor(maxInstances / RESERVED_DIVISOR))
  const log = countRepeats(logger)
  const watchMadeAnew = createMadeAnewWatch(log)
  const awake = new Map<string, Tenant>()
  const resting = createRestingTenants(now, setTimer)
  // The same object again is not read again, unless its members have changed: a resolver that fills one object anew for
  // each tenant would otherwise give a tenant the instance of another.
  let byObject = new WeakMap<InstanceOptions, { readonly copy: unknown; readonly place: Place }>()
  let uses = 0
  let settled = 0
  let isClosed = false

  function find(options: InstanceOptions): Tenant {
    const identity = identityOf(options)
    let tenant = awake.get(identity)
    if (tenant === undefined) {
      // May throw: only options that were good are remembered.
      tenant = resting.take(identity) ?? build(identity, options)
      tenant.wake()
      awake.set(identity, tenant)
      makeRoom(tenant)
    }
    byObject.set(options, { copy: copyOf(options), place: tenant.place })
    return tenant
  }

  function build(identity: string, options: InstanceOptions): Tenant {
    // No environment: it describes one instance, and must not complete the keys of another.
    const instance = createInstance(readInstanceOptions({ logger, ...options }, { env: {}, logger }))
    resting.restore(identity, instance)
    watchMadeAnew(options)
    instance.ready().catch((error: unknown) => logLine(log, 'instance-not-warm', { err: error }))
    return new Tenant(identity, instance)
  }

  function makeRoom(newest: Tenant): void {
    if (awake.size <= maxInstances) return
    const oldest = leastRecent(awake.values(), (tenant) => !tenant.isSettled && tenant !== newest)
    if (oldest === null) return
    awake.delete(oldest.identity)
    oldest.leavePlace()
    resting.add(oldest)
  }

  /** A request of the tenant was signed in: a stranger cannot bring that about. */
  function settle(tenant: Tenant): void {
    if (tenant.isSettled || maxSettled === 0) return
    tenant.isSettled = true
    settled++
    if (settled <= maxSettled) return
    const oldest = leastRecent(awake.values(), (other) => other.isSettled && other !== tenant)
    if (oldest === null) return
    oldest.isSettled = false
    settled--
  }

  return {
    obtain(options) {
      // A resolver may answer when its request is of no matter any more. Nobody would close what is built then.
      if (isClosed) throw new Error('the server has been closed')
      const known = byObject.get(options)
      const placed = known !== undefined && isUnchanged(options, known.copy) ? known.place.tenant : null
      const tenant = placed ?? find(options)
      if (tenant.hasSignedIn()) {
        tenant.usedAt = ++uses
        settle(tenant)
      } else if (!tenant.isSettled) tenant.usedAt = ++uses
      return tenant
    },
    list: () => [...[...awake.values()].map(({ instance }) => instance), ...resting.instances()],
    async close() {
      isClosed = true
      const instances = [...awake.values()].map(({ instance }) => instance)
      awake.clear()
      settled = 0
      byObject = new WeakMap()
      await Promise.all([resting.close(), ...instances.map((instance) => instance.close())])
    }
  }
}

function leastRecent(tenants: Iterable<Tenant>, isEligible: (tenant: Tenant) => boolean): Tenant | null {
  let oldest: Tenant | null = null
  for (const tenant of tenants) {
    if (isEligible(tenant) && (oldest === null || tenant.usedAt < oldest.usedAt)) oldest = tenant
  }
  return oldest
}
