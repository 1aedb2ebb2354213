import type { MachineTokenType } from '../core/token-types.js'
import type { Endpoint } from './request-log.js'

/** How the local Clerk issues and judges opaque tokens of one type. */
export interface LocalMachineType {
  readonly prefix: string
  readonly endpoint: Endpoint
  /** BAPI path that verifies such tokens. */
  readonly path: string
  /** Member of the request body that holds the token. */
  readonly member: string
  /** `object` of the answer. */
  readonly object: string
  /** Message for a token that is unknown, revoked or of another type. */
  readonly notFound: string
  /** Whether the endpoint accepts the machine secret key, besides the secret key. */
  readonly takesMachineKey: boolean
}

/** A second table on purpose: derived from the verifier's own, it would repeat a mistake there and so hide it. */
export const machineTypes: Readonly<Record<MachineTokenType, LocalMachineType>> = {
  api_key: {
    prefix: 'ak',
    endpoint: 'api-key',
    path: '/api_keys/verify',
    member: 'secret',
    object: 'api_key',
    notFound: 'API key not found',
    takesMachineKey: false
  },
  m2m_token: {
    prefix: 'mt',
    endpoint: 'm2m-token',
    path: '/m2m_tokens/verify',
    member: 'token',
    object: 'machine_to_machine_token',
    notFound: 'Machine token not found',
    takesMachineKey: true
  },
  oauth_token: {
    prefix: 'oat',
    endpoint: 'oauth-token',
    path: '/oauth_applications/access_tokens/verify',
    member: 'access_token',
    object: 'clerk_idp_oauth_access_token',
    notFound: 'OAuth token not found',
    takesMachineKey: false
  }
}
