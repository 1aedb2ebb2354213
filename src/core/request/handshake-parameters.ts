/**
 * Query parameters with which a handshake, or Clerk's sign-in page in development, sends a browser back to a page. Each
 * of them is enough to take over the browser's session.
 */
const HANDSHAKE_SECRETS = ['__clerk_handshake', '__clerk_handshake_nonce', '__clerk_db_jwt', '__dev_session'] as const

/** Takes the secrets of a handshake out of a URL that is sent to somebody else. Percent-encoded names count as well. */
export function dropHandshakeSecrets({ searchParams }: URL): void {
  // Deleting writes the whole query anew, so it happens only where there is something to delete.
  for (const name of HANDSHAKE_SECRETS) if (searchParams.has(name)) searchParams.delete(name)
}
