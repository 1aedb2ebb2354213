import { decodeJwt } from 'jose'
import type { LocalClerk } from '../../src/local/index.js'

/** A browser as clerk-js lets FAPI see it, without the browser. */
export function createBrowser(clerk: LocalClerk, page = 'http://127.0.0.1:3000') {
  let devBrowser: string | null = null
  let cookie = ''

  async function send(method: string, path: string, form: Record<string, string> = {}, headers: object = {}) {
    const url = new URL(path, clerk.issuer)
    url.searchParams.set('__clerk_api_version', '2026-08-20')
    if (devBrowser !== null) url.searchParams.set('__clerk_db_jwt', devBrowser)
    const isGet = method === 'GET'
    if (!isGet && method !== 'POST') url.searchParams.set('_method', method)
    const response = await clerk.fetch(url, {
      method: isGet ? 'GET' : 'POST',
      headers: { origin: page, ...(cookie !== '' && { cookie }), ...headers },
      ...(!isGet && { body: new URLSearchParams(form) })
    })
    for (const line of response.headers.getSetCookie())
      if (line.startsWith('__client=')) cookie = line.split(';')[0] ?? ''
    const text = await response.text()
    const body = JSON.parse(text)
    return { status: response.status, headers: response.headers, body, error: body.errors?.[0] as object | undefined }
  }

  return {
    send,
    /** Sign-in by password, as by `signIn.create()`. Returns the session's id. */
    async signIn(identifier: string, password: string): Promise<string> {
      const { body } = await send('POST', '/v1/client/sign_ins', { identifier, password })
      return body.response.created_session_id
    },
    async becomeDevBrowser(): Promise<void> {
      devBrowser = (await send('POST', '/v1/dev_browser')).body.id
    },
    forget(): void {
      devBrowser = 'dvb_of_another_run'
    }
  }
}

export type LocalBrowser = ReturnType<typeof createBrowser>

export function claimsOf(jwt: string) {
  return decodeJwt<{ o?: { id: string }; azp?: string; tier?: string }>(jwt)
}
