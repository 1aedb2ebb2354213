/**
 * Query parameters with which a handshake, or Clerk's sign-in page in development, sends a browser back to a page. Each
 * of them is enough to take over the browser's session.
 */
const BUT_DEV_BROWSER = ['__clerk_handshake', '__clerk_handshake_nonce', '__dev_session'] as const
const HANDSHAKE_SECRETS = [...BUT_DEV_BROWSER, '__clerk_db_jwt'] as const

/** Takes the secrets of a handshake out of a URL that is sent to somebody else. Percent-encoded names count as well. */
export function dropHandshakeSecrets(url: URL): void {
  drop(url, HANDSHAKE_SECRETS)
}

/** The same for a URL that brings a dev browser and goes to the primary alone. */
export function dropSecretsButDevBrowser(url: URL): void {
  drop(url, BUT_DEV_BROWSER)
}

function drop({ searchParams }: URL, names: readonly string[]): void {
  // Deleting writes the whole query anew, so it happens only where there is something to delete.
  for (const name of names) if (searchParams.has(name)) searchParams.delete(name)
}
