import type { GetTokenOptions } from '../auth/types.js'
import { isRecord } from '../json.js'
import type { Logger } from '../logger.js'
import type { SetTimer } from '../timers.js'
import { encodeSegment } from './path.js'
import { refreshHeaders } from './refresh-headers.js'
import { type BackendResult, backendFailure } from './result.js'
import { createTransport } from './transport.js'

export interface BackendApiSettings {
  /** Without a trailing slash. */
  readonly apiUrl: string
  readonly apiVersion: string
  /** Null: every call fails as `keyless`, except the verification of M2M tokens with the machine secret key. */
  readonly secretKey: string | null
  readonly machineSecretKey: string | null
  readonly fetch: typeof globalThis.fetch
  readonly timeoutMs: number
  readonly userAgent: string
  readonly now: () => number
  /** For lines that a request can cause. Default: none. */
  readonly log?: Logger | undefined
  /** Default: real time. */
  readonly setTimer?: SetTimer
}

export interface RefreshRequest {
  readonly sessionId: string
  readonly expiredToken: string
  readonly refreshToken: string
  readonly requestOrigin: string
  /** As received. Only the headers that `refreshHeaders` picks are sent on. */
  readonly requestHeaders: Readonly<Record<string, string | string[] | undefined>>
  readonly suffixedCookies: boolean
}

/**
 * The calls of Clerk's Backend API that authentication needs (backend-api/README.md section 2). None throws or rejects.
 */
export interface BackendApi {
  /** The `Set-Cookie` lines behind a handshake nonce, not validated. */
  fetchHandshakePayload(nonce: string): Promise<BackendResult<readonly string[]>>
  /** The `Set-Cookie` lines of a refreshed session, not validated. */
  refreshSession(request: RefreshRequest): Promise<BackendResult<readonly string[]>>
  /** A fresh session token, of a template when one is named. */
  createSessionToken(sessionId: string, options?: GetTokenOptions): Promise<BackendResult<string>>
  /** Clerk's answer about an opaque machine token, read by `parse`. Null from `parse` makes it `malformed`. */
  verifyMachineToken<T>(call: MachineTokenCall, parse: (answer: unknown) => T | null): Promise<BackendResult<T>>
}

/** The request to the endpoint for tokens of one type. */
export interface MachineTokenCall {
  /** From the root: these endpoints are not below `/v1`. */
  readonly path: string
  readonly body: object
  /** Sent with the machine secret key where there is one, else with the secret key. */
  readonly takesMachineKey: boolean
}

export function createBackendApi(settings: BackendApiSettings): BackendApi {
  const { apiUrl, secretKey, machineSecretKey } = settings
  const versioned = `${apiUrl}/${settings.apiVersion}`
  const send = createTransport(settings)

  return {
    async fetchHandshakePayload(nonce) {
      const url = `${versioned}/clients/handshake_payload?nonce=${encodeURIComponent(nonce)}`
      return parsed(await send({ kind: 'nonce', method: 'GET', url, key: secretKey }), (value) =>
        strings(value, 'directives')
      )
    },

    async refreshSession(request) {
      const sessionId = encodeSegment(request.sessionId)
      if (sessionId === null) return backendFailure('refused')
      const query = request.suffixedCookies ? '?suffixed_cookies=true' : ''
      const body = {
        format: 'cookie',
        expired_token: request.expiredToken,
        refresh_token: request.refreshToken,
        request_origin: request.requestOrigin,
        request_headers: refreshHeaders(request.requestHeaders)
      }
      const url = `${versioned}/sessions/${sessionId}/refresh${query}`
      return parsed(await send({ kind: 'refresh', method: 'POST', url, key: secretKey, body }), (value) =>
        strings(value, 'cookies')
      )
    },

    async createSessionToken(sessionId, options = {}) {
      const session = encodeSegment(sessionId)
      const template = options.template === undefined ? '' : encodeSegment(options.template)
      if (session === null || template === null) return backendFailure('refused')
      const { expiresInSeconds } = options
      const answer = await send({
        kind: 'session-token',
        method: 'POST',
        url: `${versioned}/sessions/${session}/tokens${template === '' ? '' : `/${template}`}`,
        key: secretKey,
        body: expiresInSeconds === undefined ? {} : { expires_in_seconds: expiresInSeconds }
      })
      return parsed(answer, (value) => (isRecord(value) && typeof value.jwt === 'string' ? value.jwt : null))
    },

    async verifyMachineToken({ path, body, takesMachineKey }, parse) {
      const key = takesMachineKey ? (machineSecretKey ?? secretKey) : secretKey
      return parsed(await send({ kind: 'machine-token', method: 'POST', url: `${apiUrl}${path}`, key, body }), parse)
    }
  }
}

function parsed<T>(result: BackendResult<unknown>, parse: (value: unknown) => T | null): BackendResult<T> {
  if (!result.ok) return result
  const value = parse(result.value)
  return value === null ? backendFailure('malformed') : { ok: true, value }
}

function strings(value: unknown, member: string): readonly string[] | null {
  const list = isRecord(value) ? value[member] : null
  return Array.isArray(list) && list.every((entry) => typeof entry === 'string') ? list : null
}
