// Optional peers are absent until the application installs them. Each feature then says which package it needs.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { bin, createConsumer, entries, installed, optionalPeers } from './consumer-folder.js'

t.setTimeout(300_000)

const consumer = createConsumer(t, 'peers', 'test/package/consumer', installed('@types/node'))

const missing = (code: string, text: string) => ({ code, message: text, cause: 'MODULE_NOT_FOUND' })
const fromAudit = (feature: string, name: string) =>
  missing(
    'FST_CLERK_AUDIT_PEER',
    `${feature} needs the package ${name}, which cannot be loaded: install it next to fastify-clerk-auth; the cause says more`
  )
const noMetrics = missing(
  'FST_CLERK_METRICS_PEER',
  'Metrics need the package prom-client, which cannot be loaded: install it next to fastify-clerk-auth; the cause says more'
)
const noOtel = missing(
  'FST_CLERK_OTEL_PEER',
  'fastify-clerk-auth/otel needs the package @opentelemetry/api, which cannot be loaded: install it next to fastify-clerk-auth; the cause says more'
)
const noProxy = missing(
  'FST_CLERK_PROXY_PEER',
  'frontendApiProxy needs the package @fastify/reply-from, which cannot be loaded: install it next to fastify-clerk-auth; the cause says more'
)
const noWebhooks = missing(
  'FST_CLERK_WEBHOOK_VERIFIER_MISSING',
  'Webhooks need the package standardwebhooks, which cannot be loaded: install it next to fastify-clerk-auth; the cause says more'
)
const noCertificate = missing(
  'FST_CLERK_LOCAL_PEER',
  'listen({ tls: true }) needs the package selfsigned, which cannot be loaded: install it next to fastify-clerk-auth; the cause says more'
)

/** For each feature its optional peer, and its answer without that peer. */
const features: Readonly<Record<string, { readonly peer: string; readonly without: unknown }>> = {
  'metrics plugin': { peer: 'prom-client', without: noMetrics },
  collectClerkMetrics: { peer: 'prom-client', without: noMetrics },
  'otel plugin': { peer: '@opentelemetry/api', without: noOtel },
  instrumentClerk: { peer: '@opentelemetry/api', without: noOtel },
  frontendApiProxy: { peer: '@fastify/reply-from', without: noProxy },
  'webhooks plugin': { peer: 'standardwebhooks', without: noWebhooks },
  verifyWebhook: { peer: 'standardwebhooks', without: noWebhooks },
  fileSink: { peer: 'pino', without: fromAudit('fileSink', 'pino') },
  'fileSink.rotate': { peer: 'pino-roll', without: fromAudit('fileSink.rotate', 'pino-roll') },
  postgresSink: { peer: 'pg', without: fromAudit('postgresSink', 'pg') },
  'listen({ tls: true })': { peer: 'selfsigned', without: noCertificate },
  'openapi plugin': {
    peer: '@fastify/swagger',
    without: {
      code: 'FST_CLERK_OPENAPI_SWAGGER',
      message:
        'fastify-clerk-auth/openapi completes the document of @fastify/swagger: register that plugin after it, in the same scope'
    }
  },
  migrate: {
    peer: '@babel/parser',
    without:
      'migrate needs the package @babel/parser, which cannot be loaded: npx -p fastify-clerk-auth -p @babel/parser fastify-clerk-auth migrate FILE...'
  },
  'browser names': { peer: 'bowser', without: 'left out' }
}

const expected = (present: readonly string[]) =>
  Object.fromEntries(
    Object.entries(features).map(([name, { peer, without }]) => [name, present.includes(peer) ? 'works' : without])
  )

t.test('no optional peer is within reach of the consumer', async (t) => {
  for (const peer of [...optionalPeers, 'ioredis', 'iovalkey']) {
    const { status } = consumer.run(process.execPath, '--input-type=module', '-e', `await import('${peer}')`)
    t.not(status, 0, `import of ${peer} fails`)
    t.not(consumer.run(process.execPath, '-e', `require('${peer}')`).status, 0, `require of ${peer} fails`)
  }
})

t.test('every entry loads without optional peers', async (t) => {
  for (const entry of entries) {
    const imported = consumer.run(process.execPath, '--input-type=module', '-e', `await import('${entry}')`)
    t.equal(imported.status, 0, `import of ${entry} ${imported.stderr}`)
    const required = consumer.run(process.execPath, '-e', `require('${entry}')`)
    t.equal(required.status, 0, `require of ${entry} ${required.stderr}`)
  }
})

t.test('types of every entry compile without optional peers, our declarations checked too', async (t) => {
  writeFileSync(
    join(consumer.folder, 'all-entries.ts'),
    entries.map((entry, index) => `export * as entry${index} from '${entry}'`).join('\n')
  )
  writeFileSync(
    join(consumer.folder, 'tsconfig.all-entries.json'),
    JSON.stringify({ extends: './tsconfig.json', files: ['all-entries.ts'] })
  )
  const { status, stdout, stderr } = consumer.run(bin('tsc'), '-p', 'tsconfig.all-entries.json')
  t.equal(status, 0, stdout + stderr)
})

t.test('each feature says which package it needs, and works once that is installed', async (t) => {
  t.same([...new Set(Object.values(features).map(({ peer }) => peer))].sort(), [...optionalPeers].sort())
  t.strictSame(consumer.node('peers.mjs'), expected([]))
  const present: string[] = []
  for (const peer of optionalPeers) {
    consumer.install(installed(peer))
    present.push(peer)
    t.strictSame(consumer.node('peers.mjs'), expected(present), `with ${present.join(', ')}`)
  }
})
