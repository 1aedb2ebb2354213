import type { AcceptsToken } from '../../src/core/options/accepts-token.js'
import {
  HOST,
  MALFORMED,
  type MalformedName,
  NOW,
  namesSession,
  PLAIN_TOKEN,
  signToken,
  type TokenSpec
} from './tokens.js'

// A request and the options of its instance, as data: it can be printed, shrunk, and kept as a named test.

export type TokenChoice = { readonly malformed: MalformedName } | { readonly token: TokenSpec }

export type CookieValue = TokenChoice | 'absent' | 'empty'

export interface OracleCase {
  readonly instance: {
    readonly type: 'development' | 'production'
    readonly deployment: 'primary' | 'satellite-domain' | 'satellite-proxy' | 'proxy' | 'domain-only'
    /** `jwks`: fetched from the stub with the secret key. */
    readonly keys: 'pem' | 'jwks'
    readonly satelliteAutoSync: boolean
    readonly authorizedParties: boolean
    readonly audience: boolean
    readonly checksIssuer: boolean
    readonly clockSkewInMs: number | undefined
    readonly organizationSync: 'off' | 'organizations' | 'personal' | 'both'
    readonly acceptsToken: AcceptsToken
  }
  readonly method: string
  readonly protocol: 'http' | 'https'
  /** `X-Forwarded-Host` of a trusted proxy; empty: no proxy. */
  readonly forwardedHost: string
  readonly path: string
  readonly query: readonly (readonly [name: string, value: string])[]
  readonly secFetchDest: string
  readonly accept: string
  readonly referer: string
  readonly origin: string
  readonly authorization: { readonly scheme: string; readonly token: TokenChoice | { readonly opaque: string } } | null
  readonly cookies: {
    readonly session: CookieValue
    readonly sessionSuffixed: CookieValue
    readonly clientUat: string
    readonly clientUatSuffixed: string
    readonly devBrowser: string
    readonly devBrowserSuffixed: string
    readonly refresh: string
    readonly handshake: HandshakeValue
    readonly handshakeNonce: string
    readonly redirectCount: string
  }
  readonly queryHandshake: HandshakeValue
}

/** A handshake token: how it is signed, and which lines it brings. */
export type HandshakeValue =
  | 'absent'
  | 'empty'
  | { readonly malformed: MalformedName }
  | { readonly directives: DirectivesName; readonly inner: TokenChoice; readonly token: TokenSpec }

export type DirectivesName = 'both' | 'unsuffixed' | 'signed-out' | 'no-session' | 'none' | 'no-list'

/** `sessionId` replaces the `sid` of a token that has one. */
export function textOfChoice(choice: TokenChoice, host: string, sessionId?: string): string {
  if ('malformed' in choice) return MALFORMED[choice.malformed]()
  const isReplaced = sessionId !== undefined && namesSession(choice.token.claims)
  return signToken(choice.token, host, isReplaced ? { sid: sessionId } : {})
}

/** Lines as FAPI sends them, with `token` as the new session token. */
export function directivesOf(name: DirectivesName, token: string, suffix: string): unknown {
  const clientUat = `__client_uat_${suffix}=1; Path=/; Domain=example.com; Max-Age=315360000; Secure; SameSite=Lax`
  switch (name) {
    case 'both':
      return [
        clientUat,
        `__session=${token}; Path=/; HttpOnly; SameSite=Lax`,
        `__session_${suffix}=${token}; Path=/; HttpOnly; SameSite=Lax`
      ]
    case 'unsuffixed':
      return [`__session=${token}; Path=/; HttpOnly; SameSite=Lax`, clientUat]
    case 'signed-out':
      return [`__client_uat_${suffix}=0; Path=/`, `__session=; Path=/; Max-Age=0`]
    case 'no-session':
      return [clientUat]
    case 'none':
      return []
    case 'no-list':
      return 'text'
  }
}

export function handshakeText(value: HandshakeValue, host: string, suffix: string): string | null {
  if (value === 'absent') return null
  if (value === 'empty') return ''
  if ('malformed' in value) return MALFORMED[value.malformed]()
  const handshake = directivesOf(value.directives, textOfChoice(value.inner, host), suffix)
  return signToken(value.token, host, { handshake })
}

export const APP_HOST = 'app.example.com'

/** The FAPI host, from which keys and the suffix of cookies follow. */
export function hostOf(instance: OracleCase['instance']): string {
  if (instance.type === 'production' && instance.deployment === 'satellite-domain') return 'clerk.satellite.test'
  return instance.type === 'production' ? HOST : 'happy-lion-12.clerk.accounts.dev'
}

/** A signed-in fetch in production. Named cases are changes of it. */
const PLAIN_CASE: OracleCase = {
  instance: {
    type: 'production',
    deployment: 'primary',
    keys: 'pem',
    satelliteAutoSync: false,
    authorizedParties: false,
    audience: false,
    checksIssuer: false,
    clockSkewInMs: undefined,
    organizationSync: 'off',
    acceptsToken: 'session_token'
  },
  method: 'GET',
  protocol: 'https',
  forwardedHost: '',
  path: '/',
  query: [],
  secFetchDest: '',
  accept: '',
  referer: '',
  origin: '',
  authorization: null,
  cookies: {
    session: { token: PLAIN_TOKEN },
    sessionSuffixed: 'absent',
    clientUat: `${NOW - 10}`,
    clientUatSuffixed: 'absent',
    devBrowser: 'absent',
    devBrowserSuffixed: 'absent',
    refresh: 'absent',
    handshake: 'absent',
    handshakeNonce: 'absent',
    redirectCount: 'absent'
  },
  queryHandshake: 'absent'
}

export type CaseInput = Partial<Omit<OracleCase, 'instance' | 'cookies'>> & {
  readonly instance?: Partial<OracleCase['instance']>
  readonly cookies?: Partial<OracleCase['cookies']>
}

export function caseOf(input: CaseInput): OracleCase {
  return {
    ...PLAIN_CASE,
    ...input,
    instance: { ...PLAIN_CASE.instance, ...input.instance },
    cookies: { ...PLAIN_CASE.cookies, ...input.cookies }
  }
}
