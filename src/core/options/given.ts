/**
 * A value as it was given, with the name that errors call it by: `jwks.maxKeys`, `secretKey (from CLERK_SECRET_KEY)`,
 * `createRedisBus.key`. An error never contains the value: any option may hold a misplaced secret.
 */
export interface Given {
  readonly name: string
  /** `undefined`: not given. */
  readonly value: unknown
  /** The value is the text of an environment variable. */
  readonly isVariable?: boolean
}

export type Environment = Readonly<Record<string, string | undefined>>

/** Names the type of a value, never the value. */
export function describeType(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value)
  switch (typeof value) {
    case 'object':
      return 'an object'
    case 'undefined':
      return 'undefined'
    default:
      return `a ${typeof value}`
  }
}
