import { type Certificate, createCertificate } from '../../src/local/certificate.js'
import { createLocalClerk, type LocalClerk, type LocalClerkOptions } from '../../src/local/index.js'
import { startApplication } from './application.js'

export const PASSWORD = 'engine-of-1837'

const directory = {
  users: [
    {
      id: 'user_ada',
      name: 'Ada Lovelace',
      email: 'ada@example.com',
      password: PASSWORD,
      activeOrgId: null,
      memberships: [
        { orgId: 'org_analytical', role: 'org:admin', permissions: ['org:docs:write'] },
        { orgId: 'org_harbour', role: 'org:member' }
      ]
    },
    { id: 'user_grace', name: 'Grace Hopper' }
  ],
  organizations: [
    { id: 'org_analytical', slug: 'analytical', name: 'Analytical Engines' },
    { id: 'org_harbour', slug: 'harbour', name: 'Harbour Navy Yard' }
  ]
} satisfies LocalClerkOptions

/** A local Clerk, an application with pages, and an API on another origin: what a browser then has to do with. */
export interface Scene {
  readonly name: string
  /** The local Clerk that runs now. */
  readonly clerk: LocalClerk
  /** Origin of the application. */
  readonly origin: string
  /** Origin of the API. */
  readonly api: string
  readonly isSecure: boolean
  /** Moves the clock of the local Clerk and of the servers. */
  advance(ms: number): void
  /** Starts another local Clerk in place of this one: nothing of it is left but its port and its secret key. */
  restart(): Promise<void>
  close(): Promise<void>
}

export interface SceneOptions {
  readonly name: string
  readonly clerk: LocalClerkOptions
  readonly isSecure: boolean
  /** The application proxies FAPI: browsers know no other address of it. Default false. */
  readonly isProxied?: boolean
  /** Of all its servers, where it is secure. Default: one that nobody trusts. */
  readonly certificate?: Certificate
  /** Host names of the application and of its API; both lead to this machine. */
  readonly hosts: { readonly application: string; readonly api: string }
}

export async function startScene({
  name,
  clerk: options,
  isSecure,
  isProxied = false,
  certificate,
  hosts
}: SceneOptions): Promise<Scene> {
  let skewMs = 0
  const now = () => Date.now() + skewMs
  let clerk = await createLocalClerk({ ...directory, ...options, now })
  const names = [clerk.frontendApi, hosts.application, hosts.api]
  const pair = isSecure ? (certificate ?? (await createCertificate(names))) : null
  const fapi = await clerk.listen({ tls: pair ?? false })
  // Names below localhost are known to browsers; Node may not resolve them.
  const fapiUrl = isProxied ? `${isSecure ? 'https' : 'http'}://localhost:${new URL(fapi).port}` : fapi

  // Beside TLS the port of BAPI is another one after a restart: the application asks where it is now.
  const { apiUrl } = clerk.pluginOptions()
  const plugin = {
    fetch: (input: string | URL | Request, init?: RequestInit) =>
      fetch(String(input).replace(apiUrl, clerk.pluginOptions().apiUrl), init)
  }
  const start = async (host: string) => {
    const { app, port } = await startApplication({
      clerk,
      https: pair,
      plugin,
      ...(isProxied ? { proxyUrl: '/__clerk', fapiUrl } : { proxyUrl: fapi })
    })
    return { app, origin: `${isSecure ? 'https' : 'http'}://${host}:${port}` }
  }
  const [application, api] = await Promise.all([start(hosts.application), start(hosts.api)])
  return {
    name,
    get clerk() {
      return clerk
    },
    origin: application.origin,
    api: api.origin,
    isSecure,
    advance(ms) {
      skewMs += ms
    },
    async restart() {
      const { secretKey } = clerk
      await clerk.close()
      clerk = await createLocalClerk({ ...directory, ...options, secretKey, now })
      await clerk.listen({ port: Number(new URL(fapi).port), tls: pair ?? false })
    },
    async close() {
      await Promise.all([application.app.close(), api.app.close()])
      await clerk.close()
    }
  }
}
