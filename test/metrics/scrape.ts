import { Registry } from 'prom-client'
import type { Test } from 'tap'
import audit, { type AuditOptions } from '../../src/audit/index.js'
import clerkMetrics from '../../src/metrics/index.js'
import { type AppOptions, createApp } from '../fixtures/app.js'

/** What `/metrics` answers, by series. */
export type Scrape = ReadonlyMap<string, number>

function parseScrape(text: string): Scrape {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(
    lines.map((line) => {
      const end = line.lastIndexOf(' ')
      return [line.slice(0, end), Number(line.slice(end + 1))]
    })
  )
}

/** An application with metrics and an audit log, as far as it is to have one, whose `/metrics` is scraped. */
export async function createMeasuredApp(t: Test, options: AppOptions = {}, auditOptions?: Partial<AuditOptions>) {
  const app = await createApp(t, {
    ...options,
    async routes(fastify) {
      const sink = { name: 'test', open: async () => {}, write: async () => {}, close: async () => {} }
      await fastify.register(audit, { sink, closeTimeoutInMs: 1, flushIntervalInMs: 1, ...auditOptions })
      fastify.register(clerkMetrics, { registry: new Registry(), path: '/metrics' })
      fastify.post('/', () => 'done')
      await options.routes?.(fastify)
    }
  })
  const text = async () => (await app.fastify.inject('/metrics')).body
  return { ...app, text, scrape: async () => parseScrape(await text()) }
}
