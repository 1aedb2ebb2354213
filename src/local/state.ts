import type { Clients } from './clients.js'
import type { Directory } from './directory.js'
import type { LocalInstance } from './instance.js'
import type { MachineTokens } from './machine-tokens.js'
import type { SessionTokenInput } from './session-claims.js'
import type { SigningKeys } from './signing-keys.js'

/** How a handshake hands its directives back: by size as Clerk does, or always in one form. */
export type HandshakeFormat = 'auto' | 'nonce' | 'token'

/** What every endpoint of the instance works on. */
export interface LocalState {
  readonly instance: LocalInstance
  readonly keys: SigningKeys
  readonly directory: Directory
  readonly clients: Clients
  readonly machineTokens: MachineTokens
  readonly satellites: readonly string[]
  readonly templates: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly handshakeFormat: HandshakeFormat
  readonly refreshTokens: boolean
  readonly now: () => number
  /** Where browsers reach FAPI of the primary. */
  readonly publicOrigin: () => string
  readonly signSessionToken: (input: SessionTokenInput) => string
}

/** One request to an endpoint: parsed URL, path parameters, body text. */
export interface LocalRequest {
  readonly method: string
  readonly url: URL
  readonly headers: Headers
  readonly body: string
  readonly params: Readonly<Record<string, string>>
}

export type Handler = (request: LocalRequest, state: LocalState) => Response | Promise<Response>
