import cors from '@fastify/cors'
import Fastify, { type FastifyInstance } from 'fastify'
import clerkAuth, { type ClerkAuthOptions, requireAuth } from '../../src/index.js'
import type { LocalClerk } from '../../src/local/index.js'
import { frontendApiProxy } from '../../src/proxy/index.js'

export interface ApplicationOptions {
  readonly clerk: LocalClerk
  /** Where FAPI is, for clerk-js: its scripts come from there too. */
  readonly proxyUrl: string
  /** Base URL of FAPI, which this application then proxies at `proxyUrl`, a path. Default: it does not. */
  readonly fapiUrl?: string
  readonly https: { key: string; cert: string } | null
  /** Replaces options of the plugin. */
  readonly plugin?: ClerkAuthOptions
  /** Adds pages of the test's own. */
  readonly pages?: (app: FastifyInstance) => void
}

/** An application whose page loads the unmodified clerk-js and its components from FAPI. Listens on a free port. */
export async function startApplication(options: ApplicationOptions): Promise<{ app: FastifyInstance; port: number }> {
  const { clerk, proxyUrl, fapiUrl, https, plugin = {}, pages } = options
  const app = https === null ? Fastify() : (Fastify({ https }) as unknown as FastifyInstance)
  await app.register(cors, { origin: true, credentials: true, exposedHeaders: ['x-clerk-auth-reason'] })
  if (fapiUrl === undefined) {
    await app.register(clerkAuth, clerk.pluginOptions(plugin))
  } else {
    await app.register(clerkAuth, clerk.pluginOptions({ ...plugin, proxyUrl: null }))
    await app.register(frontendApiProxy, { path: proxyUrl, fapiUrl })
  }
  app.get('/', ({ auth }, reply) => {
    const user = auth.isAuthenticated ? auth.userId : auth.reason
    return reply.type('text/html').send(renderPage(clerk.publishableKey, proxyUrl, user))
  })
  app.get('/api/me', { onRequest: requireAuth }, ({ auth }) => ({
    userId: auth.userId,
    orgId: auth.orgId ?? null,
    role: auth.orgRole ?? null,
    azp: auth.sessionClaims?.azp ?? null,
    expiresAt: auth.sessionClaims?.exp ?? 0
  }))
  pages?.(app)
  const address = new URL(await app.listen({ port: 0, host: '127.0.0.1' }))
  return { app, port: Number(address.port) }
}

function renderPage(publishableKey: string, proxyUrl: string, user: string | null): string {
  return `<!doctype html>
<html lang="en">
<title>Application</title>
<header style="display: flex; gap: 1rem; justify-content: flex-end">
  <div id="organization"></div>
  <div id="account"></div>
</header>
<p>The server says: <code id="server">${user}</code></p>
<main id="main"></main>
<script crossorigin src="${proxyUrl}/npm/@clerk/ui@1/dist/ui.browser.js"></script>
<script crossorigin data-clerk-publishable-key="${publishableKey}" data-clerk-proxy-url="${proxyUrl}"
  src="${proxyUrl}/npm/@clerk/clerk-js@6/dist/clerk.browser.js"></script>
<script>
  Clerk.load({ telemetry: false, ui: { ClerkUI: window.__internal_ClerkUICtor } }).then(
    () => document.body.dataset.loaded = 'yes',
    (error) => document.body.dataset.loaded = String(error)
  )
</script>
`
}
