import { readFileSync } from 'node:fs'
import type { FastifyInstance } from 'fastify'

const files = [
  { url: '/playground.css', name: 'playground.css', type: 'text/css; charset=utf-8' },
  { url: '/playground.js', name: 'playground.js', type: 'text/javascript; charset=utf-8' },
  { url: '/audit.js', name: 'audit.js', type: 'text/javascript; charset=utf-8' }
] as const

const policy =
  "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; frame-ancestors 'none'"

// Below /org/:slug and /personal the URL decides which organization is active (organization sync).
const pages = [
  { urls: ['/', '/org/:slug', '/personal'], name: 'index.html' },
  { urls: ['/audit'], name: 'audit.html' }
] as const

/** The pages, which are authenticated as any route is, and their assets, which are not. `folder` ends with a slash. */
export function registerPages(app: FastifyInstance, folder: URL): void {
  const readPageFile = (name: string) => {
    try {
      return readFileSync(new URL(name, folder), 'utf8')
    } catch (error) {
      throw new Error(
        'The pages of the playground are not beside the command: run it from the installed package, it cannot be bundled',
        { cause: error }
      )
    }
  }
  for (const { urls, name } of pages) {
    const html = readPageFile(name)
    for (const url of urls) {
      app.get(url, (_request, reply) =>
        reply
          .type('text/html; charset=utf-8')
          .header('content-security-policy', policy)
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
