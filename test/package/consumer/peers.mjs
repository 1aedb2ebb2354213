// node peers.mjs: what each feature that needs an optional peer says or does, as JSON.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Fastify from 'fastify'
import clerkAuth from 'fastify-clerk-auth'
import audit, { fileSink, postgresSink } from 'fastify-clerk-auth/audit'
import { createLocalClerk } from 'fastify-clerk-auth/local'
import metrics, { collectClerkMetrics } from 'fastify-clerk-auth/metrics'
import openapi from 'fastify-clerk-auth/openapi'
import otel, { instrumentClerk } from 'fastify-clerk-auth/otel'
import { frontendApiProxy } from 'fastify-clerk-auth/proxy'
import webhooks, { verifyWebhook } from 'fastify-clerk-auth/webhooks'

const clerk = await createLocalClerk()
const folder = mkdtempSync(join(process.cwd(), 'log-'))

async function createServer(plugin, options) {
  const fastify = Fastify()
  await fastify.register(clerkAuth, clerk.pluginOptions())
  await fastify.register(plugin, options)
  return fastify
}

async function writeTo(sink) {
  await sink.open()
  await sink.write(['{"a":1}'])
  await sink.close()
  return 'works'
}

const features = {
  async 'metrics plugin'() {
    const fastify = await createServer(metrics, { path: '/metrics' })
    const { body } = await fastify.inject('/metrics')
    return body.includes('clerk_auth_ready 1') ? 'works' : body
  },
  async collectClerkMetrics() {
    const { Registry } = await import('prom-client').catch(() => ({ Registry: Object }))
    const fastify = await createServer(async () => {}, {})
    const registry = new Registry()
    const stop = await collectClerkMetrics(fastify.clerk, registry)
    const text = await registry.metrics()
    stop()
    return text.includes('clerk_auth_ready') && (await registry.metrics()).trim() === '' ? 'works' : text
  },
  async 'otel plugin'() {
    const fastify = await createServer(otel, { identify: 'hash' })
    fastify.get('/', () => 'ok')
    const { statusCode } = await fastify.inject({ url: '/', headers: clerk.bearer() })
    return statusCode === 200 ? 'works' : statusCode
  },
  async instrumentClerk() {
    const fastify = await createServer(async () => {}, {})
    const stop = await instrumentClerk(fastify.clerk)
    stop()
    return 'works'
  },
  async 'webhooks plugin'() {
    const fastify = await createServer(webhooks, { signingSecret: clerk.webhookSecret })
    const { body, headers } = clerk.signWebhook({ type: 'user.created', data: { id: 'user_1' } })
    const { statusCode } = await fastify.inject({ method: 'POST', url: '/webhooks/clerk', body, headers })
    return statusCode === 204 ? 'works' : statusCode
  },
  async frontendApiProxy() {
    const fastify = await createServer(frontendApiProxy, { fapiUrl: 'http://127.0.0.1:1' })
    const { statusCode } = await fastify.inject('/__clerk/v1/client')
    return statusCode === 502 ? 'works' : statusCode
  },
  async verifyWebhook() {
    const { body, headers } = clerk.signWebhook({ type: 'user.created', data: { id: 'user_1' } })
    const event = await verifyWebhook({ headers, body }, { signingSecret: clerk.webhookSecret })
    return event.type === 'user.created' ? 'works' : event
  },
  fileSink: () => writeTo(fileSink(join(folder, 'plain.ndjson'))),
  'fileSink.rotate': () => writeTo(fileSink({ path: join(folder, 'rotated.ndjson'), rotate: { size: '1m' } })),
  async postgresSink() {
    // The pool connects with the first record, so no database is needed to see whether pg is there.
    const sink = postgresSink({ connectionString: 'postgres://127.0.0.1:1/nowhere' })
    await sink.open()
    await sink.close()
    return 'works'
  },
  async 'listen({ tls: true })'() {
    const local = await createLocalClerk()
    const origin = await local.listen({ tls: true }).finally(() => local.close())
    return origin.startsWith('https://localhost:') ? 'works' : origin
  },
  async 'openapi plugin'() {
    const fastify = await createServer(openapi, {})
    const swagger = await import('@fastify/swagger').catch(() => null)
    if (swagger !== null) await fastify.register(swagger.default, { openapi: {} })
    fastify.get('/me', { onRequest: fastify.requireAuth }, () => 'me')
    await fastify.ready()
    const isThere = fastify.swagger({ yaml: true }).includes('- clerkCookie: []')
    return isThere && fastify.swagger().paths['/me'].get.security.length === 2 ? 'works' : fastify.swagger()
  },
  async migrate() {
    const file = join(folder, 'app.mjs')
    writeFileSync(file, "import { getAuth } from '@clerk/fastify'\n")
    const command = 'node_modules/fastify-clerk-auth/dist/cli/index.cjs'
    const { status, stdout, stderr } = spawnSync(process.execPath, [command, 'migrate', file], { encoding: 'utf8' })
    const isDiff = stdout.includes("\n+import { getAuth } from 'fastify-clerk-auth'\n")
    return status === 0 && isDiff ? 'works' : stderr.trim()
  },
  async 'browser names'() {
    const lines = []
    const sink = { open() {}, write: (batch) => void lines.push(...batch), close() {} }
    const fastify = await createServer(audit, { sink })
    fastify.post('/', () => 'done')
    const agent = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'
    await fastify.inject({ method: 'POST', url: '/', headers: { 'user-agent': agent } })
    await fastify.close()
    const { browser } = JSON.parse(lines[0]).device
    return browser === null ? 'left out' : browser.name === 'Firefox' ? 'works' : browser
  }
}

const results = {}
for (const [name, use] of Object.entries(features)) {
  results[name] = await use().catch((error) => ({ code: error.code, message: error.message, cause: error.cause?.code }))
}
await clerk.close()
process.stdout.write(JSON.stringify(results))
