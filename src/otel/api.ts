import { OtelPeerError } from '../core/errors.js'

export type OpenTelemetry = typeof import('@opentelemetry/api')

/** Loads the API of OpenTelemetry, an optional peer. Its types stand in no declaration that an application compiles against. */
export async function importOpenTelemetry(): Promise<OpenTelemetry> {
  try {
    return (await import('@opentelemetry/api')).default as unknown as OpenTelemetry
  } catch (cause) {
    throw new OtelPeerError({ cause })
  }
}
