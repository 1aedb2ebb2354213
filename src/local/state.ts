import type { Clients } from './clients.js'
import type { Directory } from './directory.js'
import type { SignInTokens } from './frontend-api/sign-in-tokens.js'
import type { LocalRequest } from './http.js'
import type { LocalInstance } from './instance.js'
import type { MachineTokens } from './machine-tokens.js'
import type { OAuthState } from './oauth/state.js'
import type { HandshakeFormat } from './options.js'
import type { SessionTokenInput } from './session-claims.js'
import type { SigningKeys } from './signing-keys.js'
import type { TokenOrigin } from './token-origin.js'

/** The state of an instance, shared by all its endpoints. */
export interface LocalState {
  readonly instance: LocalInstance
  readonly keys: SigningKeys
  readonly directory: Directory
  readonly clients: Clients
  readonly machineTokens: MachineTokens
  readonly oauth: OAuthState
  readonly signInTokens: SignInTokens
  readonly satellites: readonly string[]
  readonly templates: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly handshakeFormat: HandshakeFormat
  readonly refreshTokens: boolean
  readonly tokenOrigin: TokenOrigin
  readonly now: () => number
  /** Origin at which browsers reach FAPI of the primary. */
  readonly publicOrigin: () => string
  readonly signSessionToken: (input: SessionTokenInput) => string
}

export type Handler = (request: LocalRequest, state: LocalState) => Response | Promise<Response>
