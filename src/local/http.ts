import { isRecord, parseJson } from '../core/json.js'

/** A request to an endpoint, with its path parameters and its body as text. */
export interface LocalRequest {
  readonly method: string
  readonly url: URL
  readonly headers: Headers
  readonly body: string
  readonly params: Readonly<Record<string, string>>
}

/** Whether the request is authorized by that secret key. */
export function hasKey(request: LocalRequest, key: string): boolean {
  return request.headers.get('authorization') === `Bearer ${key}`
}

/** The body as a JSON object; empty for any other body. */
export function readJson(request: LocalRequest): Readonly<Record<string, unknown>> {
  const body = parseJson(request.body)
  return isRecord(body) ? body : {}
}

export function readCount(text: string | null, otherwise: number): number {
  return text !== null && /^\d{1,4}$/.test(text) ? Number(text) : otherwise
}

export function parseWebUrl(text: string | null): URL | null {
  if (text === null || !URL.canParse(text)) return null
  const url = new URL(text)
  return url.protocol === 'http:' || url.protocol === 'https:' ? url : null
}

export function readCookie(headers: Headers, name: string): string | undefined {
  for (const pair of (headers.get('cookie') ?? '').split(';')) {
    const [key, value] = pair.trim().split('=', 2)
    if (key === name) return value
  }
  return undefined
}

export function redirectTo(url: URL, setCookies: readonly string[] = []): Response {
  const headers = new Headers({ location: url.href, 'cache-control': 'no-store' })
  for (const line of setCookies) headers.append('set-cookie', line)
  return new Response(null, { status: 303, headers })
}

export function badRequest(message: string): Response {
  return apiError(400, 'form_param_invalid', message)
}

/** An error as FAPI and BAPI send it. */
export function apiError(status: number, code: string, message: string): Response {
  return Response.json({ errors: [{ code, message, long_message: message }] }, { status })
}

/** For calls of the application to BAPI. An answer such as `resource_not_found` would tell it something of Clerk's. */
export function notOffered(what: string): Response {
  return apiError(501, 'not_offered', `The local Clerk does not offer ${what}`)
}

/** A page that runs no script but that of the given source expression. */
export function htmlPage(
  html: string,
  setCookies: readonly string[] = [],
  status = 200,
  scriptSource = "'none'"
): Response {
  const headers = new Headers({
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'content-security-policy': `default-src 'none'; script-src ${scriptSource}; style-src 'unsafe-inline'; frame-ancestors 'none'`
  })
  for (const line of setCookies) headers.append('set-cookie', line)
  return new Response(html, { status, headers })
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
