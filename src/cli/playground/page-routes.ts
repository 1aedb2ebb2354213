import { readFileSync } from 'node:fs'
import type { FastifyInstance } from 'fastify'
import { PlaygroundPagesError } from '../../core/errors.js'
import type { LocalClerk } from '../../local/index.js'

const files = [
  { url: '/playground.css', name: 'playground.css', type: 'text/css; charset=utf-8' },
  { url: '/playground.js', name: 'playground.js', type: 'text/javascript; charset=utf-8' },
  { url: '/element.js', name: 'element.js', type: 'text/javascript; charset=utf-8' },
  { url: '/why.js', name: 'why.js', type: 'text/javascript; charset=utf-8' },
  { url: '/audit.js', name: 'audit.js', type: 'text/javascript; charset=utf-8' },
  { url: '/frontend.js', name: 'frontend.js', type: 'text/javascript; charset=utf-8' }
] as const

const policy =
  "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; frame-ancestors 'none'"

// Below /org/:slug and /personal the URL decides which organization is active (organization sync).
const pages = [
  { urls: ['/', '/org/:slug', '/personal'], name: 'index.html' },
  { urls: ['/audit'], name: 'audit.html' }
] as const

/** What Clerk's components need: scripts and answers of FAPI, styles of their own, a worker for their timers. */
function policyWithFrontend(fapi: string): string {
  return `default-src 'none'; style-src 'self' 'unsafe-inline'; script-src 'self' ${fapi}; connect-src 'self' ${fapi}; img-src data: blob:; worker-src blob:; base-uri 'none'; frame-ancestors 'none'`
}

const PAGE_SCRIPT = '<script type="module" src="/playground.js"></script>'

/** The page with clerk-js and its components from FAPI, before its own script. */
function withFrontend(html: string, { publishableKey }: LocalClerk, fapi: string): string {
  return html.replace(
    PAGE_SCRIPT,
    `<script defer crossorigin src="${fapi}/npm/@clerk/ui@1/dist/ui.browser.js"></script>
<script defer crossorigin src="${fapi}/npm/@clerk/clerk-js@6/dist/clerk.browser.js"
  data-clerk-publishable-key="${publishableKey}" data-clerk-proxy-url="${fapi}"></script>
<script type="module" src="/frontend.js"></script>
${PAGE_SCRIPT}`
  )
}

/**
 * The pages, which are authenticated as any route is, and their assets, which are not. `folder` ends with a slash. With
 * `frontend`, a local Clerk that listens, the first page has Clerk's own components.
 */
export function registerPages(app: FastifyInstance, folder: URL, frontend: LocalClerk | null): void {
  const fapi = frontend?.origin ?? ''
  const readPageFile = (name: string) => {
    try {
      return readFileSync(new URL(name, folder), 'utf8')
    } catch (error) {
      throw new PlaygroundPagesError({ cause: error })
    }
  }
  for (const { urls, name } of pages) {
    const plain = readPageFile(name)
    const hasFrontend = frontend !== null && plain.includes(PAGE_SCRIPT)
    const html = hasFrontend ? withFrontend(plain, frontend, fapi) : plain
    const pagePolicy = hasFrontend ? policyWithFrontend(fapi) : policy
    for (const url of urls) {
      app.get(url, (_request, reply) =>
        reply
          .type('text/html; charset=utf-8')
          .header('content-security-policy', pagePolicy)
          .header('cache-control', 'no-store')
          .send(html)
      )
    }
  }
  for (const { url, name, type } of files) {
    const text = readPageFile(name)
    app.get(url, { config: { clerk: false } }, (_request, reply) => reply.type(type).send(text))
  }
  app.get('/favicon.ico', { config: { clerk: false } }, (_request, reply) => reply.code(204).send())
}
