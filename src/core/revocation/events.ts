import diagnosticsChannel from 'node:diagnostics_channel'
import { type HelpAddress, helpOfBus } from '../help-page.js'
import type { RevocationBusChange } from './bus.js'

/** Payload of `fastify-clerk-auth:revocation-bus`, published for each instance when its bus goes away and when it is back. */
export interface RevocationBusEvent extends RevocationBusChange {
  /** FAPI host of the instance; null without a publishable key. */
  readonly instance: string | null
  /** Where the cause is explained, with its cure; null when the bus is back. */
  readonly help: HelpAddress | null
}

const busChannel = diagnosticsChannel.channel('fastify-clerk-auth:revocation-bus')

export function publishBusChange(instance: string | null, change: RevocationBusChange): void {
  if (!busChannel.hasSubscribers) return
  const event: RevocationBusEvent = { instance, ...change, help: change.connected ? null : helpOfBus(change.cause) }
  busChannel.publish(event)
}
