import { cookieSuffix } from '../../src/core/publishable-key.js'
import { APP_HOST, type CookieValue, handshakeText, hostOf, type OracleCase, textOfChoice } from './case.js'

/** The request of a case as it is sent. */
export interface WireRequest {
  readonly method: string
  readonly target: string
  readonly headers: Readonly<Record<string, string>>
}

export const PUBLISHABLE_KEYS = {
  production: 'pk_live_Y2xlcmsuZXhhbXBsZS5jb20k',
  development: 'pk_test_aGFwcHktbGlvbi0xMi5jbGVyay5hY2NvdW50cy5kZXYk'
} as const

/**
 * `sessionId`: of the tokens in a request with a refresh cookie. Refreshes are bounded per session, so each such request
 * needs one of its own.
 */
export function wireRequest(oracleCase: OracleCase, sessionId: string): WireRequest {
  const { instance } = oracleCase
  const headers: Record<string, string> = {
    host: APP_HOST,
    'user-agent': 'oracle',
    'x-forwarded-proto': oracleCase.protocol
  }
  if (oracleCase.forwardedHost !== '') headers['x-forwarded-host'] = oracleCase.forwardedHost
  const own = ['absent', ''].includes(oracleCase.cookies.refresh) ? undefined : sessionId
  const authorization = authorizationOf(oracleCase, own)
  const cookie = cookiesOf(oracleCase, own)
  if (authorization !== '') headers.authorization = authorization
  if (cookie !== '') headers.cookie = cookie
  if (oracleCase.secFetchDest !== '') headers['sec-fetch-dest'] = oracleCase.secFetchDest
  if (oracleCase.accept !== '') headers.accept = oracleCase.accept
  if (oracleCase.referer !== '') headers.referer = oracleCase.referer
  if (oracleCase.origin !== '') headers.origin = oracleCase.origin

  const query = new URLSearchParams(oracleCase.query.map(([name, value]) => [name, named(name, value, oracleCase)]))
  const handshake = handshakeText(oracleCase.queryHandshake, hostOf(instance), suffixOf(oracleCase))
  if (handshake !== null) query.append('__clerk_handshake', handshake)
  const target = encodeURI(decodeURI(oracleCase.path)) + (query.size === 0 ? '' : `?${query}`)
  return { method: oracleCase.method, target, headers }
}

function suffixOf({ instance }: OracleCase): string {
  return cookieSuffix(PUBLISHABLE_KEYS[instance.type])
}

/** Nonces and refresh tokens tell the stub which instance is asking. */
function named(name: string, value: string, oracleCase: OracleCase): string {
  if (name !== '__clerk_handshake_nonce' || value === '') return value
  return `${hostOf(oracleCase.instance)}|${suffixOf(oracleCase)}|${value}`
}

function authorizationOf({ authorization, instance }: OracleCase, sessionId: string | undefined): string {
  if (authorization === null) return ''
  const { scheme, token } = authorization
  return scheme + ('opaque' in token ? token.opaque : textOfChoice(token, hostOf(instance), sessionId))
}

function cookiesOf(oracleCase: OracleCase, sessionId: string | undefined): string {
  const { cookies, instance } = oracleCase
  const host = hostOf(instance)
  const suffix = suffixOf(oracleCase)
  const pairs: string[] = []
  const add = (name: string, value: string | null) => {
    if (value !== null && value !== 'absent') pairs.push(`${name}=${value}`)
  }
  const token = (value: CookieValue) =>
    value === 'absent' ? null : value === 'empty' ? '' : textOfChoice(value, host, sessionId)
  const ofStub = (value: string) => (value === 'absent' || value === '' ? value : `${host}|${suffix}|${value}`)
  add('__session', token(cookies.session))
  add(`__session_${suffix}`, token(cookies.sessionSuffixed))
  add('__client_uat', cookies.clientUat)
  add(`__client_uat_${suffix}`, cookies.clientUatSuffixed)
  add('__clerk_db_jwt', cookies.devBrowser)
  add(`__clerk_db_jwt_${suffix}`, cookies.devBrowserSuffixed)
  add(`__refresh_${suffix}`, ofStub(cookies.refresh))
  add('__clerk_handshake', handshakeText(cookies.handshake, host, suffix))
  add('__clerk_handshake_nonce', ofStub(cookies.handshakeNonce))
  add('__clerk_redirect_count', cookies.redirectCount)
  return pairs.join('; ')
}
