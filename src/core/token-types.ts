/**
 * The machine token types, first of all places: adding a name here leaves everything undone that the type needs, and the
 * compiler names it. `machine/machine-types.ts` says what verification has to know of each.
 */
export const MACHINE_TOKEN_TYPES = ['api_key', 'm2m_token', 'oauth_token'] as const

/** Every type that `acceptsToken` can name. */
export const TOKEN_TYPES = ['session_token', ...MACHINE_TOKEN_TYPES] as const

export type MachineTokenType = (typeof MACHINE_TOKEN_TYPES)[number]
export type TokenType = (typeof TOKEN_TYPES)[number]
