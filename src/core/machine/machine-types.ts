import { createApiKeyAuth, createM2MTokenAuth, createOAuthTokenAuth } from '../auth/machine-auth.js'
import type { MachineAuth, MachineAuthByType } from '../auth/types.js'
import type { BackendApi } from '../backend-api/backend-api.js'
import type { BackendResult } from '../backend-api/result.js'
import { isOfMachine } from '../token/claims.js'
import type { JsonObject } from '../token/decode.js'
import { categoryOf, isAccessToken } from '../token/jose-header.js'
import type { UnverifiedToken } from '../token/unverified-token.js'
import type { MachineTokenType, OpaqueTokenType } from '../token-types.js'
import { readM2MClaims, readOAuthClaims } from './jwt-claims.js'
import { parseApiKey, parseM2MToken, parseOAuthToken, type VerifiedData } from './opaque-answers.js'

/** All that verification knows of one machine token type (machine/README.md). */
export interface MachineType<Auth extends MachineAuth = MachineAuth> {
  /** How opaque tokens of this type begin. Case-sensitive. No type's prefix may begin with another's. */
  readonly prefix: string
  /** Whether tokens of the type name their audience, which `requireAudience` may overrule (machine/README.md section 4). */
  readonly namesAudience: 'always' | 'sometimes' | 'never'
  /** Message for an opaque token that Clerk does not know. */
  readonly notFound: string
  /** Asks Clerk about an opaque token. Never rejects. */
  readonly ask: (api: BackendApi, token: string) => Promise<BackendResult<VerifiedData<Auth>>>
  /** Null: the type has opaque tokens only, and Clerk is asked about each. */
  readonly jwt: JwtForm<Auth> | null
}

/** The JWT form of a type (machine/README.md section 2). */
export interface JwtForm<Auth extends MachineAuth = MachineAuth> {
  /**
   * Whether a JWT claims to be of this type. It is not verified yet: the answer decides how it is verified, no more.
   */
  readonly isNamedBy: (token: Pick<UnverifiedToken, 'header' | 'claims'>) => boolean
  /** Whether tokens of the type may have the header's `cat`. */
  readonly allowsCategory: (header: JsonObject) => boolean
  /** Whether tokens of the type may have the header's `typ`. */
  readonly allowsType: (header: JsonObject) => boolean
  readonly createAuth: (claims: JsonObject, token: string) => Auth
}

/** One entry for each type: prefix, endpoint, JWT form, audience and messages stand nowhere else. */
export const MACHINE_TYPES: {
  readonly [Type in MachineTokenType]: MachineType<MachineAuthByType[Type]> & {
    readonly jwt: Type extends OpaqueTokenType ? null : JwtForm<MachineAuthByType[Type]>
  }
} = {
  api_key: {
    prefix: 'ak_',
    namesAudience: 'never',
    notFound: 'API key not found',
    ask: askEndpoint({ path: '/api_keys/verify', member: 'secret', parse: parseApiKey }, createApiKeyAuth),
    jwt: null
  },
  m2m_token: {
    prefix: 'mt_',
    namesAudience: 'sometimes',
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
    namesAudience: 'always',
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
