import type { Carried } from '../request/carried.js'

/**
 * A browser that has been sent round this often within the life of the counter cookie is not sent again. As in Clerk's
 * SDK a handshake stops at exactly this count, and the sync of an organization at this count or more (state/README.md
 * sections 4.2 and 7.2). We never set a higher one.
 */
export const MAX_REDIRECTS = 3

/** How often this browser has just been sent round; a counter that is no number counts as 0. */
export function redirectCount(carried: Carried): number {
  return Number(carried.cookies.redirectCount) || 0
}

/** The `Set-Cookie` line that counts one redirect more. It lasts for the redirect, not for the next visit. */
export function countRedirect(before: number): string {
  return `__clerk_redirect_count=${before + 1}; SameSite=Lax; HttpOnly; Max-Age=2`
}
