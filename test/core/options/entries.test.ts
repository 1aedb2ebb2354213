import { generateKeyPairSync } from 'node:crypto'
import Fastify from 'fastify'
import { Redis } from 'ioredis'
import pg from 'pg'
import t from 'tap'
import audit, { fileSink, pinoSink, postgresSink } from '../../../src/audit/index.js'
import clerkAuth from '../../../src/index.js'
import { createLocalClerk, type LocalClerkOptions } from '../../../src/local/index.js'
import metrics, { collectClerkMetrics } from '../../../src/metrics/index.js'
import { frontendApiProxy } from '../../../src/proxy/index.js'
import { createClusterBus, createPostgresBus, createRedisBus, relayRevocations } from '../../../src/revocation/index.js'
import webhooks, { createRedisDeliveries, verifyWebhook } from '../../../src/webhooks/index.js'

// Every entry refuses a slip in its options, with the errors of the core and in the same words.

const UNKNOWN = 'FST_CLERK_OPTION_UNKNOWN'
const TYPE = 'FST_CLERK_OPTION_TYPE'
const RANGE = 'FST_CLERK_OPTION_RANGE'
const VALUE = 'FST_CLERK_OPTION_VALUE'
const EMPTY = 'FST_CLERK_OPTION_EMPTY'

type Case = readonly [given: unknown, code: string, message: RegExp]
type Use = (given: never) => unknown

const signingSecret = `whsec_${Buffer.alloc(24).toString('base64')}`
const sink = { name: 'none', async open() {}, async write() {}, async close() {} }
const client = new Redis({ lazyConnect: true })
const pool = new pg.Pool()
const ecKey = generateKeyPairSync('ec', {
  namedCurve: 'P-256',
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' }
}).privateKey

/** Registers a plugin beside clerkAuth, on a server of its own. */
const registered =
  (plugin: unknown): Use =>
  async (options) => {
    const fastify = Fastify()
    try {
      const clerk = await createLocalClerk()
      await fastify.register(clerkAuth, clerk.pluginOptions({ jwtKey: clerk.jwtKey }))
      await fastify.register(plugin as typeof webhooks, options)
    } finally {
      await fastify.close()
    }
  }

const verifying: Use = (options) => verifyWebhook({ headers: {}, body: '' }, options)
const collecting: Use = (options) => collectClerkMetrics({} as never, {} as never, options)
const local: Use = async (options) => (await createLocalClerk(options as LocalClerkOptions)).close()
const listening: Use = async (port) => {
  const clerk = await createLocalClerk()
  await clerk.listen(port).finally(() => clerk.close())
}
const relaying: Use = (options) => relayRevocations(options)()

const entries: Readonly<Record<string, readonly [use: Use, cases: readonly Case[]]>> = {
  webhooks: [
    registered(webhooks),
    [
      [
        { signingSecrets: [signingSecret] },
        UNKNOWN,
        /^Unknown option webhooks\.signingSecrets: did you mean signingSecret\?$/
      ],
      [{ signingSecret, bodylimit: 1 }, UNKNOWN, /webhooks\.bodylimit: did you mean bodyLimit\?/],
      [{ signingSecret, revok: false }, UNKNOWN, /webhooks\.revok: did you mean revoke\?/],
      [{ signingSecret, bodyLimit: '1' }, TYPE, /^webhooks\.bodyLimit must be a whole number, not a string$/],
      [{ signingSecret, answerTimeoutInMs: 'x' }, TYPE, /webhooks\.answerTimeoutInMs must be a whole number/],
      [{ signingSecret, answerTimeoutInMs: 0 }, RANGE, /webhooks\.answerTimeoutInMs must be a whole number from 1 to/],
      [{ signingSecret, revoke: true }, TYPE, /webhooks\.revoke must be false or a function, not a boolean/],
      [{ signingSecret, path: 5 }, TYPE, /webhooks\.path/],
      [{ signingSecret, path: 'clerk' }, VALUE, /webhooks\.path must be a path/],
      [{ signingSecret, on: { 'user.deleted': 'x' } }, TYPE, /webhooks\.on\.user\.deleted must be a function/],
      [{ signingSecret, on: [] }, TYPE, /webhooks\.on must be an object/],
      [{ signingSecret, deliveries: {} }, TYPE, /webhooks\.deliveries must be an object with the methods begin, end/],
      [{ signingSecret: 5 }, TYPE, /webhooks\.signingSecret/],
      [{ signingSecret: [5] }, TYPE, /webhooks\.signingSecret\[0\]/]
    ]
  ],
  frontendApiProxy: [
    registered(frontendApiProxy),
    [
      [{ pth: '/__clerk' }, UNKNOWN, /frontendApiProxy\.pth: did you mean path\?/],
      [{ path: 5 }, TYPE, /frontendApiProxy\.path/],
      [{ path: '' }, EMPTY, /frontendApiProxy\.path/],
      [{ path: '//x' }, VALUE, /frontendApiProxy\.path must be a path of letters/],
      [{ fapiUrl: 'clerk.example.com' }, 'FST_CLERK_OPTION_URL', /frontendApiProxy\.fapiUrl must be an absolute/],
      [{ publishableKey: 'sk_test_x' }, 'FST_CLERK_OPTION_SECRET_AS_PUBLISHABLE', /frontendApiProxy\.publishableKey/],
      [{ secretKey: 'pk_test_x' }, 'FST_CLERK_OPTION_PUBLISHABLE_AS_SECRET', /frontendApiProxy\.secretKey/],
      [{ secretKey: 'sk_test_x\n' }, 'FST_CLERK_OPTION_SECRET_KEY', /frontendApiProxy\.secretKey/],
      [{ timeoutInMs: '1' }, TYPE, /frontendApiProxy\.timeoutInMs must be a whole number, not a string/],
      [{ timeoutInMs: 0 }, RANGE, /frontendApiProxy\.timeoutInMs/],
      [{ bodyLimit: Number.POSITIVE_INFINITY }, RANGE, /frontendApiProxy\.bodyLimit/],
      [{ responseLimit: 1.5 }, RANGE, /frontendApiProxy\.responseLimit/],
      [{ maxConcurrency: 0 }, RANGE, /frontendApiProxy\.maxConcurrency/]
    ]
  ],
  verifyWebhook: [
    verifying,
    [
      [{ signingSecret, rawbody: '' }, UNKNOWN, /verifyWebhook\.rawbody: did you mean rawBody\?/],
      [{ signingSecret, rawBody: {} }, TYPE, /verifyWebhook\.rawBody must be a string or a Buffer/]
    ]
  ],
  createRedisDeliveries: [
    createRedisDeliveries as Use,
    [
      [{ client, busyms: 1 }, UNKNOWN, /createRedisDeliveries\.busyms/],
      [{ client, busyInMs: '1' }, TYPE, /createRedisDeliveries\.busyInMs must be a whole number/],
      [{ client, keyPrefix: '' }, EMPTY, /createRedisDeliveries\.keyPrefix/],
      [{ client: {} }, 'FST_CLERK_REVOCATION_REDIS_CLIENT', /./],
      [undefined, 'FST_CLERK_REVOCATION_REDIS_CLIENT', /./]
    ]
  ],
  metrics: [
    registered(metrics),
    [
      [{ pth: '/metrics' }, UNKNOWN, /metrics\.pth: did you mean path\?/],
      [{ path: 1 }, TYPE, /metrics\.path/],
      [{ path: 'metrics' }, VALUE, /metrics\.path must be a path/],
      [{ namePrefix: 1 }, TYPE, /metrics\.namePrefix/],
      [{ namePrefix: 'my app ' }, VALUE, /metrics\.namePrefix/],
      [{ buckets: 5 }, TYPE, /metrics\.buckets must be a list of numbers/],
      [{ buckets: ['1'] }, TYPE, /metrics\.buckets\[0\] must be a number/],
      [{ buckets: [2, 1] }, VALUE, /metrics\.buckets/],
      [{ registry: {} }, TYPE, /metrics\.registry/]
    ]
  ],
  collectClerkMetrics: [
    collecting,
    [
      [{ bucket: [1] }, UNKNOWN, /collectClerkMetrics\.bucket: did you mean buckets\?/],
      [{ instance: 5 }, TYPE, /collectClerkMetrics\.instance/]
    ]
  ],
  createClusterBus: [
    createClusterBus as Use,
    [
      [{ nam: 'a' }, UNKNOWN, /^Unknown option createClusterBus\.nam: did you mean name\?$/],
      [{ name: 5 }, TYPE, /createClusterBus\.name must be a string/],
      [{ openTimeoutInMs: 'x' }, TYPE, /^createClusterBus\.openTimeoutInMs must be a whole number, not a string$/],
      [{ openTimeoutInMs: -1 }, RANGE, /createClusterBus\.openTimeoutInMs/],
      ['a', TYPE, /The options of createClusterBus must be an object/]
    ]
  ],
  relayRevocations: [
    relaying,
    [
      [{ retention: 1 }, UNKNOWN, /relayRevocations\.retention/],
      [{ retentionInMs: Number.NaN }, RANGE, /relayRevocations\.retentionInMs/],
      [{ maxEntries: '5' }, TYPE, /relayRevocations\.maxEntries/],
      [{ now: 5 }, TYPE, /relayRevocations\.now must be a function/]
    ]
  ],
  createRedisBus: [
    createRedisBus as Use,
    [
      [{ client, heartbeat: 5 }, UNKNOWN, /createRedisBus\.heartbeat/],
      [{ client, heartbeatInMs: '5' }, TYPE, /createRedisBus\.heartbeatInMs must be a whole number/],
      [{ client, retentionInMs: -1 }, RANGE, /createRedisBus\.retentionInMs/],
      [{ client, openTimeoutInMs: null }, TYPE, /createRedisBus\.openTimeoutInMs must be a whole number, not null/],
      [{ client, key: '' }, EMPTY, /createRedisBus\.key/],
      [{ client, logger: {} }, TYPE, /createRedisBus\.logger/],
      [{ client: {} }, 'FST_CLERK_REVOCATION_REDIS_CLIENT', /./],
      [undefined, 'FST_CLERK_REVOCATION_REDIS_CLIENT', /./]
    ]
  ],
  createPostgresBus: [
    createPostgresBus as Use,
    [
      [{ pool, key: 'a' }, UNKNOWN, /createPostgresBus\.key/],
      [{ pool, heartbeatInMs: 5 }, RANGE, /createPostgresBus\.heartbeatInMs/],
      [{ pool, createTable: 'no' }, TYPE, /createPostgresBus\.createTable must be true or false/],
      [{ pool, table: 'A' }, VALUE, /createPostgresBus\.table must be a plain lower-case name/],
      [{ pool, logger: {} }, TYPE, /createPostgresBus\.logger/],
      [{ pool: {} }, 'FST_CLERK_REVOCATION_POSTGRES_POOL', /./],
      [undefined, 'FST_CLERK_REVOCATION_POSTGRES_POOL', /./]
    ]
  ],
  audit: [
    registered(audit),
    [
      [{ sink, batchsize: 1 }, UNKNOWN, /audit\.batchsize: did you mean batchSize\?/],
      [{ sink, batchSize: '5' }, TYPE, /^audit\.batchSize must be a whole number, not a string$/],
      [{ sink, logger: {} }, TYPE, /audit\.logger/],
      [{ sink, now: null }, TYPE, /audit\.now must be a function/],
      [{ sink, chain: { ky: 'x' } }, UNKNOWN, /audit\.chain\.ky: did you mean key\?/],
      [{ sink, chain: { key: 5 } }, TYPE, /audit\.chain\.key must be a string/],
      [{ sink, redact: { path: [] } }, UNKNOWN, /audit\.redact\.path: did you mean paths\?/],
      [{ sink, redact: { paths: ['userId'], censor: 'x' } }, TYPE, /audit\.redact\.censor must be a function/],
      [{ sink: 'file' }, TYPE, /audit\.sink must be a sink/]
    ]
  ],
  fileSink: [
    fileSink as Use,
    [
      [{ path: 'a', sync: true }, UNKNOWN, /fileSink\.sync: did you mean fsync\?/],
      [{ path: 5 }, TYPE, /fileSink\.path must be a file path/],
      [{}, TYPE, /fileSink\.path must be a file path, not undefined/],
      ['', EMPTY, /fileSink\.path/],
      [{ path: 'a', mode: '600' }, TYPE, /fileSink\.mode must be a whole number/],
      [{ path: 'a', fsync: 1 }, TYPE, /fileSink\.fsync must be true or false/],
      [{ path: 'a', rotate: 'daily' }, TYPE, /fileSink\.rotate must be an object/]
    ]
  ],
  pinoSink: [
    pinoSink as Use,
    [
      ['file', TYPE, /pinoSink\.source must be a stream or a function that makes one, not a string/],
      [undefined, TYPE, /pinoSink\.source/]
    ]
  ],
  postgresSink: [
    postgresSink as Use,
    [
      [{ connectionstring: 'x' }, UNKNOWN, /postgresSink\.connectionstring: did you mean connectionString\?/],
      [{ connectionString: 5 }, TYPE, /postgresSink\.connectionString/],
      [{ connectionString: 'x', queryTimeoutInMs: 'x' }, TYPE, /postgresSink\.queryTimeoutInMs must be a whole number/],
      [{ connectionString: 'x', createTable: 'no' }, TYPE, /postgresSink\.createTable must be true or false/],
      [{ pool: {} }, TYPE, /postgresSink\.pool/],
      [{ connectionString: 'x', table: 'a b' }, VALUE, /postgresSink\.table/]
    ]
  ],
  createLocalClerk: [
    local,
    [
      [{ port: 1 }, UNKNOWN, /createLocalClerk\.port/],
      [{ frontendapi: 'a.b' }, UNKNOWN, /createLocalClerk\.frontendapi: did you mean frontendApi\?/],
      [{ frontendApi: 'nodots' }, VALUE, /createLocalClerk\.frontendApi/],
      [{ frontendApi: 'https://clerk.example.com' }, VALUE, /createLocalClerk\.frontendApi/],
      [{ apiUrl: 'api' }, 'FST_CLERK_OPTION_URL', /createLocalClerk\.apiUrl/],
      [{ secretKey: 'secret' }, VALUE, /createLocalClerk\.secretKey/],
      [{ webhookSecret: 'x' }, VALUE, /createLocalClerk\.webhookSecret/],
      [{ instanceType: 'staging' }, VALUE, /createLocalClerk\.instanceType must be "development" or "production"/],
      [{ tokenLifetimeInMs: 0 }, RANGE, /createLocalClerk\.tokenLifetimeInMs/],
      [
        { tokenLifetimeInMs: '60000' },
        TYPE,
        /createLocalClerk\.tokenLifetimeInMs must be a whole number, not a string/
      ],
      [{ signingKey: 'no pem' }, VALUE, /createLocalClerk\.signingKey/],
      [{ signingKey: ecKey }, VALUE, /createLocalClerk\.signingKey/],
      [{ users: {} }, TYPE, /createLocalClerk\.users must be a list of users/],
      [{ users: ['user_1'] }, TYPE, /createLocalClerk\.users\[0\] must be an object/],
      [{ users: [{}] }, TYPE, /createLocalClerk\.users\[0\]\.id/],
      [{ users: [{ id: 'user_1', membership: [] }] }, UNKNOWN, /users\[0\]\.membership: did you mean memberships\?/],
      [{ organizations: [{ id: 'org_1' }] }, TYPE, /createLocalClerk\.organizations\[0\]\.slug/],
      [{ satellites: 'satellite.test' }, TYPE, /createLocalClerk\.satellites/],
      [{ templates: { report: 5 } }, TYPE, /createLocalClerk\.templates\.report must be an object/],
      [{ handshakeFormat: 'cookie' }, VALUE, /createLocalClerk\.handshakeFormat/],
      [{ refreshTokens: 'no' }, TYPE, /createLocalClerk\.refreshTokens must be true or false/],
      [{ now: 5 }, TYPE, /createLocalClerk\.now must be a function/],
      [{ now: async () => 5 }, TYPE, /createLocalClerk\.now\(\) must be a number/]
    ]
  ],
  listen: [
    listening,
    [
      ['3000', TYPE, /^listen\.port must be a whole number, not a string$/],
      [70_000, RANGE, /listen\.port must be a whole number from 0 to 65535/],
      [{ port: '1' }, TYPE, /listen\.port/],
      [{ hots: 1 }, UNKNOWN, /listen\.hots/],
      [[1], TYPE, /listen/]
    ]
  ]
}

for (const [entry, [use, cases]] of Object.entries(entries)) {
  t.test(`${entry} refuses what it does not understand`, async (t) => {
    for (const [given, code, message] of cases) {
      await t.rejects(async () => use(given as never), { code, message }, `${entry} ${message}`)
    }
  })
}

t.test("the options that fastify.register reads itself are accepted beside a plugin's own", async (t) => {
  const own = { prefix: '/internal', logLevel: 'silent', logSerializers: {} } as const
  const clerk = await createLocalClerk()
  const fastify = Fastify()
  t.teardown(() => fastify.close())
  await fastify.register(clerkAuth, clerk.pluginOptions({ jwtKey: clerk.jwtKey }))
  await fastify.register(audit, { ...own, sink })
  await fastify.register(webhooks, { ...own, signingSecret })
  await fastify.register(metrics, { ...own, path: '/metrics' })
  t.equal((await fastify.inject('/internal/metrics')).statusCode, 200)
  t.equal((await fastify.inject({ method: 'POST', url: '/internal/webhooks/clerk' })).statusCode, 400)
})

t.test('no error prints a value', async (t) => {
  const hidden = 'sk_prod_hunter2'
  const attempts: (() => unknown)[] = [
    () => local({ secretKey: hidden } as never),
    () => local({ [hidden]: hidden } as never),
    () => registered(webhooks)({ signingSecret: hidden } as never),
    () => registered(audit)({ sink, chain: { key: hidden } } as never),
    () => postgresSink({ connectionString: 'x', table: hidden.toUpperCase() }),
    () => createClusterBus(hidden as never)
  ]
  for (const attempt of attempts) {
    const error = await Promise.resolve()
      .then(attempt)
      .catch((error: unknown) => error as Error & { code: string })
    t.match(error, { code: /^FST_CLERK_/ })
    if (error instanceof Error) t.notMatch(`${error.stack}${JSON.stringify(error)}`.toLowerCase(), hidden)
  }
})
