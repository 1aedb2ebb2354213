import { createId, randomText } from '../ids.js'

/** How a client proves at the token endpoint that it is the client (RFC 7591 section 2). */
export const AUTH_METHODS = ['none', 'client_secret_post', 'client_secret_basic'] as const
export type AuthMethod = (typeof AUTH_METHODS)[number]

export const GRANT_TYPES = ['authorization_code', 'refresh_token'] as const

/** A client as it registered itself. */
export interface OAuthClient {
  readonly id: string
  readonly name: string
  readonly redirectUris: readonly string[]
  readonly authMethod: AuthMethod
  /** Null for a public client, which has nothing but PKCE. */
  readonly secret: string | null
  readonly registeredAtMs: number
}

export type ClientInput = Pick<OAuthClient, 'name' | 'redirectUris' | 'authMethod'>

export interface OAuthClients {
  find(id: string | null): OAuthClient | undefined
  register(input: ClientInput, nowMs: number): OAuthClient
}

/** Anybody on this machine can register clients; beyond this number the oldest is forgotten. */
export const MAX_CLIENTS = 1000

export function createOAuthClients(): OAuthClients {
  const clients = new Map<string, OAuthClient>()
  return {
    find: (id) => (id === null ? undefined : clients.get(id)),
    register(input, nowMs) {
      const secret = input.authMethod === 'none' ? null : randomText(32)
      const client = Object.freeze({ ...input, id: createId('client'), secret, registeredAtMs: nowMs })
      clients.set(client.id, client)
      const [oldest] = clients.keys()
      if (clients.size > MAX_CLIENTS && oldest !== undefined) clients.delete(oldest)
      return client
    }
  }
}
