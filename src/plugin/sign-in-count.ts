import { createHash } from 'node:crypto'

/**
 * A browser that comes back from the sign-in page to the same page, signed out, this often in a row is not sent there
 * again.
 */
export const MAX_SIGN_IN_REDIRECTS = 3

/** Longer than a sign-in page takes to send back a browser that it holds for signed in. */
const COUNT_FOR_SECONDS = 10

const COOKIE = /(?:^|;)\s*__clerk_sign_in_count=(\d)\.([\w-]{8})(?=;|$)/

/** How often this browser was just sent to the sign-in page from this page. Other pages do not count. */
export function signInCount(cookieHeader: string, page: URL): number {
  const [, count, of] = COOKIE.exec(cookieHeader) ?? []
  return of === nameOf(page) ? Number(count) : 0
}

/**
 * The `Set-Cookie` line that counts one redirect more. As with the count of handshakes it has no `Path`, so that it comes
 * back behind a proxy that takes a prefix off, and no `Secure`, so that it does over http.
 */
export function countSignIn(before: number, page: URL): string {
  const value = `${before + 1}.${nameOf(page)}`
  return `__clerk_sign_in_count=${value}; SameSite=Lax; HttpOnly; Max-Age=${COUNT_FOR_SECONDS}`
}

/** Without the query, to which a sign-in page may add. */
function nameOf({ pathname }: URL): string {
  return createHash('sha256').update(pathname).digest('base64url').slice(0, 8)
}
