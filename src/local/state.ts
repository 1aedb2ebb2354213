import type { Directory } from './directory.js'
import type { LocalInstance } from './instance.js'
import type { SessionTokenInput } from './session-claims.js'
import type { SigningKeys } from './signing-keys.js'

/** What every endpoint of the instance works on. */
export interface LocalState {
  readonly instance: LocalInstance
  readonly keys: SigningKeys
  readonly directory: Directory
  readonly now: () => number
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
