/**
 * The machine token types. A new one begins here; the compiler then names every table that lacks it, first the one of
 * `machine/machine-types.ts`.
 */
export const MACHINE_TOKEN_TYPES = ['api_key', 'm2m_token', 'oauth_token'] as const

/** Every type that `acceptsToken` can name. */
export const TOKEN_TYPES = ['session_token', ...MACHINE_TOKEN_TYPES] as const

/** The machine token types without a JWT form: only Clerk can judge such a token. */
export const OPAQUE_TOKEN_TYPES = ['api_key'] as const satisfies readonly MachineTokenType[]

export type MachineTokenType = (typeof MACHINE_TOKEN_TYPES)[number]
export type OpaqueTokenType = (typeof OPAQUE_TOKEN_TYPES)[number]
export type TokenType = (typeof TOKEN_TYPES)[number]
