import type { LocalClient } from '../clients.js'
import { type LocalRequest, parseWebUrl, readCookie } from '../http.js'
import type { LocalState } from '../state.js'

/**
 * The browser that asks: in development named by the dev browser token in the query, in production by the cookie
 * `__client`. In development the cookie does not count, because browsers share cookies between the ports of a host.
 */
export function callerOf(request: LocalRequest, state: LocalState): LocalClient | undefined {
  const { clients, instance } = state
  return instance.type === 'development'
    ? clients.find(request.url.searchParams.get('__clerk_db_jwt'))
    : clients.find(readCookie(request.headers, '__client'))
}

/** The origin of the page whose script asks. A same-origin GET has no `Origin`: there `Referer` says it. */
export function pageOrigin(request: LocalRequest): string | null {
  const { headers } = request
  return (parseWebUrl(headers.get('origin')) ?? parseWebUrl(headers.get('referer')))?.origin ?? null
}

/** The fields of a form as clerk-js posts it; a field that is absent is undefined, an empty one is an empty text. */
export function readForm(request: LocalRequest): { get(name: string): string | undefined } {
  const form = new URLSearchParams(request.body)
  return { get: (name) => form.get(name) ?? undefined }
}
