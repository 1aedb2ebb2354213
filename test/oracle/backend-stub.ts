import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { directivesOf } from './case.js'
import { keySet, PLAIN_TOKEN, signToken } from './tokens.js'

// A Backend API whose answer follows from the request alone, so that both sides of the oracle get the same answers.

export const REFRESH_VALUES = [
  'ok',
  'ok-unsuffixed',
  'bad-token',
  'expired-token',
  'empty-list',
  'no-session',
  'revoked',
  'unexpected_error',
  'no-errors',
  'html-error',
  'html'
] as const

export const NONCES = ['ok', 'expired', 'bad-token', 'signed-out', 'no-session', 'not-found', 'html'] as const

export const OPAQUE_TOKENS = [
  'ak_good',
  'ak_org',
  'ak_unknown',
  'ak_error',
  'mt_good',
  'mt_unknown',
  'oat_good',
  'oat_listed',
  'oat_unknown',
  'oat_clientless',
  'ak_LCWGdaM8mv8K4PC/57IICZQXAeWfCgF30DZaFXHoGn9=',
  'ak_a.b~c-_+/==',
  'mt_+/unknown=',
  'ak_(=)',
  'ak_a.b.c'
] as const

export interface BackendStub {
  readonly origin: string
  close(): void
}

export function startBackendStub(): Promise<BackendStub> {
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    const url = new URL(request.url ?? '/', 'http://stub')
    const answer = respond(url, body === '' ? {} : JSON.parse(body))
    response.writeHead(answer.status, { 'content-type': answer.type ?? 'application/json' })
    response.end(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body))
  })
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      server.unref()
      const { port } = server.address() as AddressInfo
      resolve({ origin: `http://127.0.0.1:${port}`, close: () => server.close() })
    })
  })
}

interface Answer {
  readonly status: number
  readonly body: unknown
  readonly type?: string
}

const HTML: Answer = { status: 200, body: '<p>hello</p>', type: 'text/html' }

function respond(url: URL, body: Record<string, string>): Answer {
  if (url.pathname === '/v1/jwks') return { status: 200, body: keySet }
  if (url.pathname === '/v1/clients/handshake_payload') return handshakePayload(url.searchParams.get('nonce') ?? '')
  if (url.pathname.endsWith('/refresh')) return refresh(body.refresh_token ?? '')
  if (url.pathname.endsWith('/verify')) return machineToken(body.secret ?? body.token ?? body.access_token ?? '')
  return { status: 404, body: { errors: [{ code: 'not_found', message: 'not found' }] } }
}

/** Cookies name the instance: `<host>|<suffix>|<what to answer>`. */
function parts(value: string): [host: string, suffix: string, what: string] {
  const [host = '', suffix = '', what = ''] = value.split('|')
  return [host, suffix, what]
}

function handshakePayload(nonce: string): Answer {
  const [host, suffix, what] = parts(nonce)
  const good = signToken(PLAIN_TOKEN, host)
  switch (what) {
    case 'ok':
      return { status: 200, body: { directives: directivesOf('both', good, suffix) } }
    case 'expired':
      return {
        status: 200,
        body: { directives: directivesOf('both', signToken({ ...PLAIN_TOKEN, time: 'expired' }, host), suffix) }
      }
    case 'bad-token':
      return {
        status: 200,
        body: { directives: directivesOf('both', signToken({ ...PLAIN_TOKEN, key: 'other' }, host), suffix) }
      }
    case 'signed-out':
    case 'no-session':
      return { status: 200, body: { directives: directivesOf(what, good, suffix) } }
    case 'html':
      return HTML
    default:
      return { status: 404, body: { errors: [{ code: 'resource_not_found', message: 'gone' }] } }
  }
}

function refresh(value: string): Answer {
  const [host, suffix, what] = parts(value)
  const cookies = (list: unknown): Answer => ({ status: 200, body: { object: 'cookies', cookies: list } })
  const error = (code: string, status = 401): Answer => ({ status, body: { errors: [{ code, message: code }] } })
  switch (what) {
    case 'ok':
      return cookies(directivesOf('both', signToken({ ...PLAIN_TOKEN, claims: 'v2-organization' }, host), suffix))
    case 'ok-unsuffixed':
      return cookies(directivesOf('unsuffixed', signToken(PLAIN_TOKEN, host), suffix))
    case 'bad-token':
      return cookies(directivesOf('both', signToken({ ...PLAIN_TOKEN, key: 'other' }, host), suffix))
    case 'expired-token':
      return cookies(directivesOf('both', signToken({ ...PLAIN_TOKEN, time: 'expired' }, host), suffix))
    case 'empty-list':
      return cookies([])
    case 'no-session':
      return cookies(directivesOf('no-session', '', suffix))
    case 'revoked':
      return error('session_is_revoked')
    case 'unexpected_error':
      return error('unexpected_error', 500)
    case 'no-errors':
      return { status: 422, body: {} }
    case 'html-error':
      return { status: 502, body: '<p>bad gateway</p>', type: 'text/html' }
    default:
      return HTML
  }
}

function machineToken(token: string): Answer {
  const common = { scopes: ['read'], revoked: false, expired: false, created_at: 1, updated_at: 1 }
  switch (token) {
    case 'ak_good':
    case 'ak_LCWGdaM8mv8K4PC/57IICZQXAeWfCgF30DZaFXHoGn9=':
    case 'ak_a.b~c-_+/==':
      return {
        status: 200,
        body: { object: 'api_key', id: 'ak_1', name: 'deploy', subject: 'user_1', claims: { plan: 'gold' }, ...common }
      }
    case 'ak_org':
      return {
        status: 200,
        body: { object: 'api_key', id: 'ak_2', name: 'ci', subject: 'org_1', claims: null, ...common }
      }
    case 'mt_good':
      return {
        status: 200,
        body: { object: 'machine_to_machine_token', id: 'mt_1', subject: 'mch_1', claims: { a: 1 }, ...common }
      }
    case 'oat_good':
    case 'oat_listed':
      return {
        status: 200,
        body: {
          object: 'clerk_idp_oauth_access_token',
          id: 'oat_1',
          client_id: 'client_1',
          subject: 'user_1',
          aud: token === 'oat_listed' ? ['api'] : undefined,
          ...common
        }
      }
    case 'oat_clientless':
      return {
        status: 200,
        body: { object: 'clerk_idp_oauth_access_token', id: 'oat_2', subject: 'user_1', ...common }
      }
    case 'ak_error':
      return { status: 500, body: { errors: [{ code: 'unexpected_error', message: 'oops' }] } }
    default:
      return { status: 404, body: { errors: [{ code: 'resource_not_found', message: 'not found' }] } }
  }
}
