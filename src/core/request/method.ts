/**
 * A client must not send credentials with `TRACE`, whose answer repeats the request (RFC 9110 section 9.3.8): a request
 * with this method counts as signed out, on every path.
 */
export function neverAuthenticates(method: string): boolean {
  return method === 'TRACE'
}
