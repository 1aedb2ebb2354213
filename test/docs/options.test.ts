import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import { FILE_SINK } from '../../src/audit/file-sink.js'
import { AUDIT } from '../../src/audit/options.js'
import { POSTGRES_SINK } from '../../src/audit/postgres-sink.js'
import { OPTIONS } from '../../src/core/options/instance-options.js'
import { readInstanceOptions } from '../../src/core/options/instance-settings.js'
import { type Readers, readOptions } from '../../src/core/options/table.js'
import { LOCAL_CLERK } from '../../src/local/options.js'
import { MCP } from '../../src/mcp/options.js'
import { METRICS } from '../../src/metrics/options.js'
import { OPENAPI } from '../../src/openapi/plugin.js'
import { OTEL } from '../../src/otel/options.js'
import { PROXY } from '../../src/proxy/options.js'
import { CLUSTER_BUS } from '../../src/revocation/cluster-bus.js'
import { RELAY } from '../../src/revocation/cluster-relay.js'
import { BUS_TEST } from '../../src/revocation/conformance/world.js'
import { POSTGRES_BUS } from '../../src/revocation/postgres-bus.js'
import { REDIS_BUS } from '../../src/revocation/redis-bus.js'
import { WEBHOOKS } from '../../src/webhooks/options.js'
import { POSTGRES_DELIVERIES } from '../../src/webhooks/postgres-deliveries.js'
import { REDIS_DELIVERIES } from '../../src/webhooks/redis-deliveries.js'
import { givenOption, optionNames } from '../fixtures/option-names.js'
import { root, rows, section } from './manual.js'

// Names, defaults and bounds of options in manuals and TSDoc are compared with the tables that read them.

interface Subject {
  /** The prefix of the names in the manual. */
  readonly prefix: string
  readonly table: Readers
  /** Reads options into settings. Only the tested option is given, besides those that are required. */
  readonly read: (options: object) => object
}

function subject(prefix: string, table: Readers, needed: object = {}): Subject {
  return { prefix, table, read: (options) => readOptions(table, { ...needed, ...options }) }
}

const sink = { async open() {}, async write() {}, async close() {} }
const client = new Redis({ lazyConnect: true })
const instance: Subject = {
  prefix: '',
  table: OPTIONS,
  read: (options) =>
    readInstanceOptions({ publishableKey: 'pk_test_Y2xlcmsuZXhhbXBsZS5jb20k', ...options }, { env: {} })
}
const webhooks = subject('', WEBHOOKS, { signingSecret: `whsec_${'a'.repeat(32)}` })
const redisBus = subject('createRedisBus.', REDIS_BUS, { client })
const pool = { options: {}, Client: class {}, connect() {}, query() {} }
const postgresBus = subject('createPostgresBus.', POSTGRES_BUS, { pool })
const busTest = subject('testRevocationBus.', BUS_TEST)
const clusterBus = subject('createClusterBus.', CLUSTER_BUS)
const relay = subject('relayRevocations.', RELAY)
const redisDeliveries = subject('createRedisDeliveries.', REDIS_DELIVERIES, { client })
const postgresDeliveries = subject('createPostgresDeliveries.', POSTGRES_DELIVERIES, { pool })
const local = subject('', LOCAL_CLERK)
const mcp = subject('', MCP, { resource: 'https://api.example.com/mcp' })

const manuals: readonly (readonly [path: string, subjects: readonly Subject[]])[] = [
  ['README.md', [instance]],
  ['src/webhooks/README.md', [webhooks, redisDeliveries, postgresDeliveries]],
  ['src/revocation/README.md', [redisBus, postgresBus, clusterBus, relay, busTest]],
  ['src/mcp/README.md', [mcp]],
  ['src/openapi/README.md', [subject('', OPENAPI)]],
  ['src/proxy/README.md', [subject('', PROXY)]],
  ['src/metrics/README.md', [subject('', METRICS)]],
  ['src/otel/README.md', [subject('', OTEL)]],
  ['src/local/README.md', [local]]
]

const declarations: readonly (readonly [path: string, declared: string, of: Subject, group?: string])[] = [
  ['src/core/options/instance-options.ts', 'ClerkAuthOptions', instance],
  ['src/core/options/jwks.ts', 'JwksOptions', instance, 'jwks'],
  ['src/core/options/token-cache.ts', 'TokenCacheOptions', instance, 'tokenCache'],
  ['src/core/options/machine-tokens.ts', 'MachineTokenOptions', instance, 'machineTokens'],
  ['src/core/options/revocation.ts', 'RevocationOptions', instance, 'revocation'],
  ['src/webhooks/options.ts', 'WebhooksOptions', webhooks],
  ['src/webhooks/redis-deliveries.ts', 'RedisDeliveriesOptions', redisDeliveries],
  ['src/webhooks/postgres-deliveries.ts', 'PostgresDeliveriesOptions', postgresDeliveries],
  ['src/revocation/redis-bus.ts', 'RedisBusOptions', redisBus],
  ['src/revocation/postgres-bus.ts', 'PostgresBusOptions', postgresBus],
  ['src/revocation/conformance/world.ts', 'RevocationBusTestOptions', busTest],
  ['src/revocation/cluster-bus.ts', 'ClusterBusOptions', clusterBus],
  ['src/revocation/cluster-relay.ts', 'RevocationRelayOptions', relay],
  ['src/local/options.ts', 'LocalClerkOptions', local],
  ['src/mcp/options.ts', 'McpResourceOptions', mcp],
  ['src/proxy/options.ts', 'FrontendApiProxyOptions', subject('', PROXY)],
  ['src/openapi/plugin.ts', 'OpenApiOptions', subject('', OPENAPI)],
  ['src/audit/options.ts', 'AuditOptions', subject('', AUDIT, { sink })],
  ['src/audit/file-sink.ts', 'FileSinkOptions', subject('', FILE_SINK, { path: 'audit.ndjson' })],
  ['src/audit/postgres-sink.ts', 'PostgresSinkOptions', subject('', POSTGRES_SINK)]
]

/** The setting that an option became, found by the name of the option. */
function settingOf(name: string, settings: object): unknown {
  return name.split('.').reduce<unknown>((value, part) => (value as Record<string, unknown>)[part], settings)
}

function checkBounds(t: Test, { read }: Subject, name: string, text: string): boolean {
  const [, least, most] = /(\d\w*)(?: \(off\))? to (\d\w*)/.exec(text) ?? []
  if (least === undefined) return false
  t.equal(settingOf(name, read(givenOption(name, Number(least)))), Number(least), `least ${name}`)
  const code = 'FST_CLERK_OPTION_RANGE'
  t.throws(() => read(givenOption(name, Number(least) - 1)), { code }, `below the least ${name}`)
  t.throws(() => read(givenOption(name, Number(most) + 1)), { code }, `above the most ${name}`)
  return true
}

for (const [path, subjects] of manuals) {
  const table = rows(section(path, 'Options')).map(([name = '', ...cells]) => [name.replaceAll('`', ''), ...cells])

  t.test(`the options in ${path} are those of the code, and no other`, async (t) => {
    const names = subjects.flatMap(({ prefix, table }) => optionNames(table).map((name) => `${prefix}${name}`))
    t.strictSame(table.map(([name]) => name).sort(), names.sort())
  })

  t.test(`defaults and bounds in ${path} are those of the code`, async (t) => {
    for (const [title = '', type, fallback, text = ''] of table) {
      if (type !== 'number') continue
      const of = subjects.findLast(({ prefix }) => title.startsWith(prefix)) as Subject
      const name = title.slice(of.prefix.length)
      t.equal(settingOf(name, of.read({})), Number(fallback), `default of ${title}`)
      if (name !== 'jwks.refreshAheadInMs') t.ok(checkBounds(t, of, name, text), `${title} has bounds`)
    }
  })
}

/** Names and comments of the options in an interface. */
function commentsIn(path: string, declared: string): [name: string, comment: string][] {
  const source = readFileSync(join(root, path), 'utf8')
  const [, body = ''] = new RegExp(`export interface ${declared} \\{\\n([\\s\\S]*?)^\\}`, 'm').exec(source) ?? []
  return [...body.matchAll(/(?:\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\n)?^ {2}readonly (\w+)\??:/gm)].map(
    ([, comment = '', name = '']) => [name, comment.replaceAll(/\s+\*?\s*/g, ' ')]
  )
}

for (const [path, declared, of, group] of declarations) {
  t.test(`the comments of ${declared} say what it is, its default and its bounds`, async (t) => {
    const comments = commentsIn(path, declared)
    t.ok(comments.length > 0)
    for (const [option, comment] of comments) {
      const name = group === undefined ? option : `${group}.${option}`
      t.not(comment, '', `${name} has a comment`)
      const setting = settingOf(name, of.read({}))
      if (typeof setting !== 'number') continue
      t.equal(Number(/Default (\d\w*)/.exec(comment)?.[1]), setting, `default of ${name}`)
      if (name !== 'jwks.refreshAheadInMs') t.ok(checkBounds(t, of, name, comment), `${name} has bounds`)
    }
  })
}
