import type { Attributes } from '@opentelemetry/api'

// `error.type` is OpenTelemetry's own; names that the semantic conventions lack begin with `clerk.`, as they ask for.

/** Name of the meter and of the tracer: the instrumentation scope. */
export const NAME = 'fastify-clerk-auth'

export const INSTANCE = 'clerk.instance'
export const STATE = 'clerk.auth.state'
export const OUTCOME = 'clerk.auth.outcome'
export const CAUSE = 'clerk.auth.cause'
export const RESULT = 'clerk.auth.cache.result'
export const DURATION = 'clerk.auth.verification.duration'
export const ERROR_TYPE = 'error.type'

/** Without the attributes that have no value: an absent instance is that of a server without a publishable key. */
export function attributesOf(values: Readonly<Record<string, string | number | null>>): Attributes {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null)) as Attributes
}
