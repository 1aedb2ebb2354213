import { randomBytes } from 'node:crypto'
import { checkItem } from '../core/options/checks.js'
import { choice, record, requiredText, text, textList, texts } from '../core/options/readers.js'
import type { OptionTable } from '../core/options/table.js'
import type { MachineTokenType } from '../core/token-types.js'
import { createId } from './ids.js'
import { lifetimeInSeconds, nullable, readInput } from './inputs.js'
import type { LocalInstance } from './instance.js'
import { machineTypes } from './machine-types.js'
import type { SigningKeys } from './signing-keys.js'

export interface ApiKeyInput {
  /** A user or organization id. */
  readonly subject: string
  readonly name?: string | undefined
  readonly scopes?: readonly string[] | undefined
  readonly claims?: Readonly<Record<string, unknown>> | null | undefined
}

export interface M2MTokenInput {
  /** Default: random, `mch_…`. */
  readonly machineId?: string | undefined
  readonly scopes?: readonly string[] | undefined
  readonly claims?: Readonly<Record<string, unknown>> | null | undefined
  /** A `jwt` is verified by its signature, so that nothing that happens here ends it. Default `opaque`. */
  readonly format?: 'opaque' | 'jwt' | undefined
  /** Default: 3600 for a JWT, no end for an opaque token. */
  readonly expiresInSeconds?: number | undefined
}

export interface OAuthTokenInput {
  readonly userId: string
  readonly clientId?: string | undefined
  readonly scopes?: readonly string[] | undefined
  readonly audience?: string | readonly string[] | undefined
  readonly format?: 'opaque' | 'jwt' | undefined
  /** Default: 3600 for a JWT, no end for an opaque token. */
  readonly expiresInSeconds?: number | undefined
}

const API_KEY = {
  subject: requiredText(),
  name: text({ default: null }),
  scopes: textList(),
  claims: nullable<Readonly<Record<string, unknown>>>(record())
} satisfies OptionTable<ApiKeyInput>

/** What Clerk says of a new API key. */
const UNUSED = { created_by: null, description: null, last_used_at: null } as const

const FORMAT = choice(['opaque', 'jwt'], { default: 'opaque' })

const M2M_TOKEN = {
  machineId: text({ default: null }),
  scopes: textList(),
  claims: nullable<Readonly<Record<string, unknown>>>(record()),
  format: FORMAT,
  expiresInSeconds: lifetimeInSeconds()
} satisfies OptionTable<M2MTokenInput>

const OAUTH_TOKEN = {
  userId: requiredText(),
  clientId: text({ default: null }),
  scopes: textList(),
  audience: texts(),
  format: FORMAT,
  expiresInSeconds: lifetimeInSeconds()
} satisfies OptionTable<OAuthTokenInput>

/** Issues, verifies and revokes machine tokens. */
export interface MachineTokens {
  createApiKey(input: ApiKeyInput): string
  createM2MToken(input?: M2MTokenInput): string
  createOAuthToken(input: OAuthTokenInput): string
  /** Revokes an opaque token. False: unknown token, or a JWT, which is good until it expires. */
  revoke(token: string): boolean
  /** The object with which BAPI answers the verification of an opaque token; undefined: unknown, revoked or over. */
  find(token: unknown): Readonly<Record<string, unknown>> | undefined
}

export function createMachineTokens(instance: LocalInstance, keys: SigningKeys, now: () => number): MachineTokens {
  const tokens = new Map<string, Readonly<Record<string, unknown>>>()

  function register(type: MachineTokenType, fields: Readonly<Record<string, unknown>>): string {
    const { prefix, object } = machineTypes[type]
    // Standard base64, as Clerk's own examples are: `/`, `+` and `=` belong to bearer tokens (RFC 6750 section 2.1).
    const token = `${prefix}_${randomBytes(32).toString('base64')}`
    const alive = { revoked: false, revocation_reason: null, expired: false, expiration: null }
    tokens.set(token, Object.freeze({ object, ...alive, ...fields, created_at: now(), updated_at: now() }))
    return token
  }

  function endAfter(seconds: number | undefined) {
    return seconds !== undefined && { expiration: now() + seconds * 1000 }
  }

  function signJwt(
    claims: Readonly<Record<string, unknown>>,
    header: Readonly<Record<string, unknown>>,
    seconds = 3600
  ) {
    const iat = Math.floor(now() / 1000)
    return keys.sign(header, { iss: instance.issuer, iat, nbf: iat - 10, exp: iat + seconds, ...claims })
  }

  return {
    createApiKey(input) {
      const { subject, name = 'Local API key', scopes = [], claims = null } = readInput(API_KEY, 'ApiKeyInput', input)
      return register('api_key', { id: createId('ak'), type: 'api_key', name, subject, scopes, claims, ...UNUSED })
    },
    createM2MToken(input) {
      const {
        machineId: subject = createId('mch'),
        scopes = [],
        claims = null,
        format,
        expiresInSeconds
      } = readInput(M2M_TOKEN, 'M2MTokenInput', input)
      const id = createId('mt')
      if (format === 'jwt') {
        const payload = { jti: id, sub: subject, scopes: scopes.join(' '), ...claims }
        return signJwt(payload, { cat: 'cl_B7d4PD333AAA' }, expiresInSeconds)
      }
      return register('m2m_token', { id, subject, scopes, claims, ...endAfter(expiresInSeconds) })
    },
    createOAuthToken(input) {
      const {
        userId: subject,
        clientId = createId('client'),
        scopes = [],
        audience,
        format,
        expiresInSeconds
      } = readInput(OAUTH_TOKEN, 'OAuthTokenInput', input)
      const id = createId('oat')
      const aud = audience === undefined ? {} : { aud: audience }
      if (format === 'jwt') {
        const payload = { jti: id, sub: subject, client_id: clientId, scope: scopes.join(' '), ...aud }
        return signJwt(payload, { typ: 'at+jwt', cat: undefined }, expiresInSeconds)
      }
      return register('oauth_token', {
        id,
        type: 'oauth',
        client_id: clientId,
        subject,
        scopes,
        ...aud,
        ...endAfter(expiresInSeconds)
      })
    },
    revoke: (token) => tokens.delete(checkItem({ name: 'revoke.token', value: token })),
    find(token) {
      const found = typeof token === 'string' ? tokens.get(token) : undefined
      return typeof found?.expiration === 'number' && found.expiration <= now() ? undefined : found
    }
  }
}
