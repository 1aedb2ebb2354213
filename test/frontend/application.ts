import cors from '@fastify/cors'
import Fastify, { type FastifyInstance } from 'fastify'
import clerkAuth, { type ClerkAuthOptions, requireAuth } from '../../src/index.js'
import type { LocalClerk } from '../../src/local/index.js'

export interface ApplicationOptions {
  readonly clerk: LocalClerk
  readonly plugin: ClerkAuthOptions
  /** Attributes of the script tag of clerk-js: where FAPI is. */
  readonly proxyUrl: string | null
  /** Origin of FAPI, from which the scripts come. */
  readonly scripts: string
  readonly https?: { key: string; cert: string } | null
  readonly routes?: (app: FastifyInstance) => void
}

/** An application whose page loads the unmodified clerk-js and its components from FAPI. Listens on a free port. */
export async function startApplication(options: ApplicationOptions): Promise<{ app: FastifyInstance; port: number }> {
  const { clerk, plugin, proxyUrl, scripts, https = null, routes } = options
  const app = https === null ? Fastify() : (Fastify({ https }) as unknown as FastifyInstance)
  await app.register(cors, { origin: true, credentials: true })
  await app.register(clerkAuth, plugin)
  app.get('/', ({ auth }, reply) => {
    const user = auth.isAuthenticated ? auth.userId : auth.reason
    return reply.type('text/html').send(renderPage(clerk.publishableKey, proxyUrl, scripts, user))
  })
  app.get('/api/me', { onRequest: requireAuth }, ({ auth }) => ({
    userId: auth.userId,
    orgId: auth.orgId ?? null,
    role: auth.orgRole ?? null,
    azp: auth.sessionClaims?.azp ?? null,
    expiresAt: auth.sessionClaims?.exp ?? 0
  }))
  routes?.(app)
  const address = new URL(await app.listen({ port: 0, host: '127.0.0.1' }))
  return { app, port: Number(address.port) }
}

function renderPage(publishableKey: string, proxyUrl: string | null, scripts: string, user: string | null): string {
  const proxy = proxyUrl === null ? '' : ` data-clerk-proxy-url="${proxyUrl}"`
  return `<!doctype html>
<title>Application</title>
<p id="server">${user}</p>
<div id="components"></div>
<script crossorigin src="${scripts}/npm/@clerk/ui@1/dist/ui.browser.js"></script>
<script crossorigin data-clerk-publishable-key="${publishableKey}"${proxy}
  src="${scripts}/npm/@clerk/clerk-js@6/dist/clerk.browser.js"></script>
<script>
  Clerk.load({ telemetry: false, ui: { ClerkUI: window.__internal_ClerkUICtor } }).then(
    () => document.body.dataset.loaded = 'yes',
    (error) => document.body.dataset.loaded = String(error)
  )
</script>
`
}
