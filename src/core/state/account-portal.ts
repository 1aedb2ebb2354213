// The account portal: the sign-in pages that Clerk hosts for an instance (state/README.md section 7.1).

const LEGACY_DEVELOPMENT_SUFFIXES = ['.lcl.dev', '.lclstage.dev', '.lclclerk.com']
const DEVELOPMENT_SUFFIXES = ['.accounts.dev', '.accountsstage.dev', '.accounts.lclclerk.com']

/**
 * `clerk.example.com` → `https://accounts.example.com`; `a-b-1.clerk.accounts.dev` → `https://a-b-1.accounts.dev`
 * (state/README.md section 1.2).
 */
export function accountPortalOrigin(frontendApi: string): string {
  if (frontendApi === '') return ''
  const host = frontendApi
    .replace('clerk.accountsstage.', 'accountsstage.')
    .replace(/clerk\.accounts\.|clerk\./, 'accounts.')
  return `https://${host}`
}

/**
 * Whether a host is the account portal of any development instance. A production instance trusts none of these hosts.
 */
export function isDevelopmentAccountPortal(hostname: string): boolean {
  return (
    (hostname.startsWith('accounts.') && LEGACY_DEVELOPMENT_SUFFIXES.some((suffix) => hostname.endsWith(suffix))) ||
    DEVELOPMENT_SUFFIXES.some((suffix) => hostname.endsWith(suffix) && !hostname.endsWith(`.clerk${suffix}`))
  )
}
