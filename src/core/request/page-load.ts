// The only place that says what a page load is. The handshake, the hot path and the sign-in redirect must agree: where
// they do not, a request is answered one way while its token is in memory and another way when it is not.
//
// Single values and not a record, as the hot path has none and makes none. Absent and empty headers are both ''.

/**
 * Whether a browser loads this as a page or a frame, so that it can follow a redirect to another site and come back
 * (state/README.md section 4.1; hostile/README.md case 22). Clients that send no `Sec-Fetch-Dest` are told by `Accept`.
 */
export function isPageLoad(method: string, secFetchDest: string, accept: string): boolean {
  if (method !== 'GET') return false
  if (secFetchDest === '') return accept.startsWith('text/html')
  return secFetchDest === 'document' || secFetchDest === 'iframe'
}

/**
 * Whether a browser certainly loads this as the page of a tab, not of a frame: what the sync with a primary domain asks
 * for (state/README.md rows 2 to 4 and row 15).
 */
export function isTopLevelPageLoad(method: string, secFetchDest: string): boolean {
  return method === 'GET' && secFetchDest === 'document'
}
