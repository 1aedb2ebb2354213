import { createApiKeyAuth, createM2MTokenAuth, createOAuthTokenAuth } from '../auth/machine-auth.js'
import type { MachineAuth } from '../auth/types.js'
import type { BackendApi } from '../backend-api/backend-api.js'
import type { BackendResult } from '../backend-api/result.js'
import { isOfMachine } from '../token/claims.js'
import type { JsonObject, UnverifiedToken } from '../token/decode.js'
import { categoryOf, isAccessToken } from '../token/jose-header.js'
import type { MachineTokenType } from '../token-types.js'
import { readM2MClaims, readOAuthClaims } from './jwt-claims.js'
import { parseApiKey, parseM2MToken, parseOAuthToken, type VerifiedData } from './opaque-answers.js'

/** Everything that verification has to know of one machine token type (machine/README.md). */
export interface MachineType<Auth extends MachineAuth = MachineAuth> {
  /** How opaque tokens of this type begin. Case-sensitive; none is the beginning of another. */
  readonly prefix: string
  /** Refuses a token that does not name one of the values of the option `audience`. */
  readonly mustNameAudience: boolean
  /** Message for an opaque token that Clerk does not know. */
  readonly notFound: string
  /** Asks Clerk about an opaque token. Never rejects. */
  readonly ask: (api: BackendApi, token: string) => Promise<BackendResult<VerifiedData<Auth>>>
  /** Null: there are only opaque tokens of this type, and each is for Clerk to judge. */
  readonly jwt: JwtForm<Auth> | null
}

/** How tokens of a type look as JWTs (machine/README.md section 2). */
export interface JwtForm<Auth extends MachineAuth = MachineAuth> {
  /** Whether a JWT says that it is of this type. Not verified yet, so nothing is believed because of it. */
  readonly isNamedBy: (token: UnverifiedToken) => boolean
  /** Whether the header's `cat` is one that the type can have. */
  readonly allowsCategory: (header: JsonObject) => boolean
  /** Whether the header's `typ` is one that the type can have. */
  readonly allowsType: (header: JsonObject) => boolean
  readonly createAuth: (claims: JsonObject, token: string) => Auth
}

/** The one place of each type's knowledge, in the order in which a JWT is tried against the types. */
export const MACHINE_TYPES: {
  readonly [Type in MachineTokenType]: MachineType<Extract<MachineAuth, { readonly tokenType: Type }>>
} = {
  api_key: {
    prefix: 'ak_',
    mustNameAudience: false,
    notFound: 'API key not found',
    ask: askEndpoint({ path: '/api_keys/verify', member: 'secret', parse: parseApiKey }, createApiKeyAuth),
    jwt: null
  },
  m2m_token: {
    prefix: 'mt_',
    mustNameAudience: false,
    notFound: 'Machine token not found',
    ask: askEndpoint(
      { path: '/m2m_tokens/verify', member: 'token', takesMachineKey: true, parse: parseM2MToken },
      createM2MTokenAuth
    ),
    jwt: {
      isNamedBy: ({ claims }) => isOfMachine(claims),
      allowsCategory: (header) => header.cat === undefined || categoryOf(header) === 'm2m',
      allowsType: ({ typ }) => typ === undefined || typ === 'JWT',
      createAuth: (claims, token) => createM2MTokenAuth(readM2MClaims(claims), token)
    }
  },
  oauth_token: {
    prefix: 'oat_',
    mustNameAudience: true,
    notFound: 'OAuth token not found',
    ask: askEndpoint(
      { path: '/oauth_applications/access_tokens/verify', member: 'access_token', parse: parseOAuthToken },
      createOAuthTokenAuth
    ),
    jwt: {
      isNamedBy: ({ header }) => isAccessToken(header),
      allowsCategory: () => true,
      allowsType: isAccessToken,
      createAuth: (claims, token) => createOAuthTokenAuth(readOAuthClaims(claims), token)
    }
  }
}

/**
 * Whether `aud` names one of the values; true where there are none. Strict, for types that `mustNameAudience`: an absent
 * or malformed `aud` is refused, while session tokens, which normally have none, pass `allowsAudience` without.
 */
export function namesAudience(aud: unknown, audience: readonly string[]): boolean {
  if (audience.length === 0) return true
  if (typeof aud === 'string') return aud !== '' && audience.includes(aud)
  if (!Array.isArray(aud) || aud.length === 0) return false
  if (!aud.every((entry) => typeof entry === 'string' && entry !== '')) return false
  return aud.some((entry) => audience.includes(entry))
}

interface Endpoint<Data> {
  readonly path: string
  readonly member: string
  readonly takesMachineKey?: boolean
  readonly parse: (answer: unknown) => VerifiedData<Data> | null
}

function askEndpoint<Data, Auth extends MachineAuth>(
  { path, member, takesMachineKey = false, parse }: Endpoint<Data>,
  createAuth: (data: Data, token: string) => Auth
): MachineType<Auth>['ask'] {
  return async (api, token) => {
    const result = await api.verifyMachineToken({ path, body: { [member]: token }, takesMachineKey }, parse)
    if (!result.ok) return result
    const { data, ...rest } = result.value
    return { ok: true, value: { ...rest, data: createAuth(data, token) } }
  }
}
