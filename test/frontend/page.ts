import type { Page } from 'playwright-core'

/** The part of `window.Clerk` that these tests call, in the browser. */
export interface ClerkInPage {
  readonly client: {
    readonly signIn: { create(fields: object): Promise<{ status: string; createdSessionId: string }> }
    readonly signUp: { create(fields: object): Promise<{ status: string; createdSessionId: string }> }
  }
  readonly user: { readonly id: string } | null | undefined
  readonly session: { readonly id: string; getToken(options?: object): Promise<string | null> } | null | undefined
  readonly organization: { readonly id: string } | null | undefined
  setActive(target: { session?: string; organization?: string | null }): Promise<void>
  signOut(): Promise<void>
  mountSignIn(node: unknown, props?: object): void
  mountSignUp(node: unknown, props?: object): void
  mountUserButton(node: unknown): void
  mountOrganizationSwitcher(node: unknown): void
  buildSignInUrl(options?: object): string
}

declare global {
  var Clerk: ClerkInPage
}

/** Waits until clerk-js has loaded on the page; throws with its error if it cannot. */
export async function waitForClerk(page: Page): Promise<void> {
  const loaded = await page.locator('body[data-loaded]').getAttribute('data-loaded')
  if (loaded !== 'yes') throw new Error(`clerk-js does not load: ${loaded}`)
}

/** Signs in as a script of the page does. Resolves to `complete`, or to the code of the error. */
export function signInByScript(page: Page, identifier: string, password: string): Promise<string> {
  return page.evaluate(
    async (fields) => {
      try {
        const { status, createdSessionId } = await Clerk.client.signIn.create(fields)
        await Clerk.setActive({ session: createdSessionId })
        return status
      } catch (error) {
        const { errors } = error as { errors?: { code: string }[] }
        return errors?.[0]?.code ?? String(error)
      }
    },
    { identifier, password }
  )
}

export interface Answer {
  readonly status: number
  readonly reason: string | null
  readonly userId?: string
  readonly orgId?: string | null
  readonly role?: string | null
  readonly azp?: string | null
  readonly expiresAt?: number
}

/** What the application's own route says to a fetch of the page, with the cookies that clerk-js has written. */
export function fetchMe(page: Page, url = '/api/me', isBearer = false): Promise<Answer> {
  return page.evaluate(
    async ([address, withToken]) => {
      const token = withToken ? await Clerk.session?.getToken() : null
      const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {}
      const response = await fetch(address, { headers })
      const body = response.ok ? await response.json() : {}
      return { status: response.status, reason: response.headers.get('x-clerk-auth-reason'), ...body }
    },
    [url, isBearer] as const
  )
}
