import type { ClerkAuthErrorCode } from '../core/error-code.js'
import { type ErrorEntry, errorEntries } from '../core/errors.js'

/** What stands in a message for `%s`, in its order. */
const VALUES: Readonly<Partial<Record<ClerkAuthErrorCode, readonly string[]>>> = {
  FST_CLERK_UNAUTHORIZED: ['reason'],
  FST_CLERK_KEYS_UNAVAILABLE: ['reason'],
  FST_CLERK_GET_TOKEN: ['answer of Clerk'],
  FST_CLERK_PROXY_REQUEST: ['cause'],
  FST_CLERK_DECORATOR_TAKEN: ['decorator'],
  FST_CLERK_ROUTE_OPTIONS: ['option', 'expected value'],
  FST_CLERK_ROUTE_POLICY: ['contradiction'],
  FST_CLERK_EARLY_ROUTES: ['routes'],
  FST_CLERK_GUARD_OUTSIDE: ['routes'],
  FST_CLERK_UNDEFINED_HOOK: ['routes'],
  FST_CLERK_ROUTE_OVERWRITTEN: ['route', 'option of the route'],
  FST_CLERK_GUARD_USE: ['use'],
  FST_CLERK_AUTHORIZE_PARAMS: ['parameter', 'expected value'],
  FST_CLERK_NO_INITIAL_KEYS: ['failure', 'cause', 'cure'],
  FST_CLERK_OPTION_UNKNOWN: ['option', 'hint'],
  FST_CLERK_OPTION_TYPE: ['option', 'expected type', 'given type'],
  FST_CLERK_OPTION_EMPTY: ['option', 'expected value'],
  FST_CLERK_OPTION_RANGE: ['option', 'bounds'],
  FST_CLERK_OPTION_VALUE: ['option', 'expected value'],
  FST_CLERK_OPTION_URL: ['option', 'expected URL'],
  FST_CLERK_OPTION_DOMAIN: ['option'],
  FST_CLERK_OPTION_ORIGIN: ['option'],
  FST_CLERK_OPTION_PATTERN: ['option'],
  FST_CLERK_OPTION_ACCEPTS_TOKEN: ['option'],
  FST_CLERK_OPTION_PUBLISHABLE_KEY: ['option', 'problem'],
  FST_CLERK_OPTION_SECRET_AS_PUBLISHABLE: ['option'],
  FST_CLERK_OPTION_PUBLISHABLE_AS_SECRET: ['option', 'expected key'],
  FST_CLERK_OPTION_SECRET_KEY: ['option'],
  FST_CLERK_OPTION_KEYS_MIXED: ['option', 'other option', 'their types'],
  FST_CLERK_OPTION_JWT_KEY: ['option'],
  FST_CLERK_OPTION_JWT_KEY_PRIVATE: ['option'],
  FST_CLERK_OPTION_JWT_KEY_NOT_RSA: ['option'],
  FST_CLERK_OPTION_JWT_KEY_SIZE: ['option'],
  FST_CLERK_OPTION_JWKS_KEYS: ['option', 'problem'],
  FST_CLERK_OPTION_JWKS_PRIVATE: ['option'],
  FST_CLERK_OPTION_SECRET_KEY_MISSING: ['option'],
  FST_CLERK_LOCAL_ARGUMENT: ['argument', 'expected value'],
  FST_CLERK_LOCAL_PEER: ['option', 'package'],
  FST_CLERK_REVOCATION_REDIS_CLIENT: ['option', 'given type'],
  FST_CLERK_REVOCATION_POSTGRES_POOL: ['given type'],
  FST_CLERK_REVOCATION_BUS_PROMISE: ['promise'],
  FST_CLERK_AUDIT_EARLY_ROUTES: ['routes'],
  FST_CLERK_AUDIT_PEER: ['sink', 'package'],
  FST_CLERK_MCP_SCOPES: ['parameter', 'expected value']
}

/** Errors of 500 that are not met as the server starts. */
const WHEN_CALLED = 'when called'
const AS_A_COMMAND = 'as a command'
const ON_A_REQUEST = 'status 500'
const WHEN: Readonly<Partial<Record<ClerkAuthErrorCode, string>>> = {
  FST_CLERK_RESOLVER: ON_A_REQUEST,
  FST_CLERK_NO_INSTANCE: WHEN_CALLED,
  FST_CLERK_NOT_EVALUATED: ON_A_REQUEST,
  FST_CLERK_NOT_REGISTERED: ON_A_REQUEST,
  FST_CLERK_WEBHOOK_BODY: ON_A_REQUEST,
  FST_CLERK_GUARD_USE: 'at boot, or status 500',
  FST_CLERK_LOCAL_IN_PRODUCTION: WHEN_CALLED,
  FST_CLERK_LOCAL_ARGUMENT: WHEN_CALLED,
  FST_CLERK_LOCAL_PEER: WHEN_CALLED,
  FST_CLERK_REVOCATION_TARGET: WHEN_CALLED,
  FST_CLERK_REVOCATION_TIME: WHEN_CALLED,
  FST_CLERK_REVOCATION_BUS_PROMISE: WHEN_CALLED,
  FST_CLERK_MIGRATE_PARSER: AS_A_COMMAND,
  FST_CLERK_PLAYGROUND_PAGES: AS_A_COMMAND
}

const entries: ReadonlyMap<string, ErrorEntry> = new Map(errorEntries.map((entry) => [entry.code, entry]))

/** When an error is met, and its message as the reader may find it; null for a warning's code, which no error has. */
export function messageOf(code: string): string | null {
  const entry = entries.get(code)
  if (entry === undefined) return null
  const values = [...((VALUES as Readonly<Record<string, readonly string[]>>)[code] ?? [])]
  return `${whenMet(entry)}: ${entry.text.replaceAll('%s', () => `<${values.shift() ?? 'value'}>`)}`
}

/** An error of 500 without a client to answer stops the server as it starts: its status is seen by nobody. */
function whenMet({ code, statusCode }: ErrorEntry): string {
  if (statusCode !== 500) return `status ${statusCode}`
  return (WHEN as Readonly<Record<string, string>>)[code] ?? 'at boot'
}
