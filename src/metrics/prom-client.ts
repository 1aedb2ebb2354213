import { MetricsPeerError } from '../core/errors.js'

/** prom-client is an optional peer: loaded by what needs it, and in no type that an application sees. */
export async function importPromClient(): Promise<typeof import('prom-client')> {
  try {
    return (await import('prom-client')).default
  } catch (cause) {
    throw new MetricsPeerError({ cause })
  }
}
