import { MetricsPeerError } from '../core/errors.js'

/** Loads prom-client, an optional peer. Its types stand in no declaration that an application compiles against. */
export async function importPromClient(): Promise<typeof import('prom-client')> {
  try {
    return (await import('prom-client')).default
  } catch (cause) {
    throw new MetricsPeerError({ cause })
  }
}
