import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { createLocalClerk } from '../../../src/local/index.js'
import { root } from '../../docs/manual.js'
import { assertNothingLeaked, internet, report, secret } from '../../fixtures/doctor.js'

// Each application is started in a process of its own, which takes its time on a busy machine.
t.setTimeout(110_000)

const clerk = await createLocalClerk({ instanceType: 'production', frontendApi: 'clerk.example.com' })
// Below the repository, where `fastify` is found.
const folder = mkdtempSync(join(root, '.build', 'doctor-app-'))
t.teardown(async () => {
  rmSync(folder, { recursive: true })
  await clerk.close()
})
const env = {
  CLERK_PUBLISHABLE_KEY: clerk.publishableKey,
  CLERK_SECRET_KEY: secret(clerk.secretKey),
  DATABASE_PASSWORD: secret('hunter2hunter2')
}
const plugin = JSON.stringify(new URL('../../../src/index.js', import.meta.url).href)
const metrics = JSON.stringify(new URL('../../../src/metrics/index.js', import.meta.url).href)

let files = 0
function file(body: string, extension = 'mjs'): string {
  const path = join(folder, `${++files}.${extension}`)
  writeFileSync(path, body)
  return path
}

const app = (body: string, before = '') =>
  file(`import Fastify from 'fastify'
import clerkAuth, { requireAuth } from ${plugin}
import metrics from ${metrics}
const options = { jwks: { warmUp: false }, authorizedParties: ['https://app.example.com'] }
console.log(process.env.CLERK_SECRET_KEY)
const app = Fastify({ logger: true })
${before}
${body}
export default app`)

interface Row {
  readonly path: string
  readonly first: string | undefined
  readonly says?: RegExp
  readonly status: 0 | 1
  readonly env?: Readonly<Record<string, string>>
}

const GUARDED = `app.get('/me', { onRequest: requireAuth }, () => 'me')`
const TABLE: Readonly<Record<string, Row>> = {
  'all routes are guarded': {
    path: app(`await app.register(clerkAuth, options)\n${GUARDED}`),
    first: undefined,
    status: 0
  },
  'a function makes the server': {
    path: file(`import Fastify from 'fastify'
import clerkAuth, { requireAuth } from ${plugin}
export async function buildApp() {
  const app = Fastify()
  await app.register(clerkAuth, { jwks: { warmUp: false } })
  ${GUARDED}
  return app
}`),
    first: undefined,
    status: 0
  },
  'a plugin, as fastify-cli starts it': {
    path: file(`import clerkAuth from ${plugin}
export default async function (fastify, options) {
  await fastify.register(clerkAuth, { jwks: { warmUp: false } })
  fastify.get('/open', () => 'open')
}`),
    first: 'routes-open',
    says: /GET \/open\.$/,
    status: 0
  },
  'a route without a guard': {
    path: app(`await app.register(clerkAuth, options)\n${GUARDED}\napp.get('/open', () => 'open')
app.get('/public', { config: { clerk: { public: true } } }, () => 'public')`),
    first: 'routes-open',
    says: /answer everybody\. GET \/open\.$/,
    status: 0
  },
  'the plugin is forgotten': { path: app(`app.get('/', () => 'open')`), first: 'plugin-missing', status: 1 },
  'the plugin is in a scope of its own': {
    path: app(`app.register(async (scope) => { await scope.register(clerkAuth, options); scope.get('/me', { onRequest: requireAuth }, () => 'me') })
app.get('/outside', () => 'open')`),
    first: 'routes-uncovered',
    says: /GET \/outside\.$/,
    status: 0
  },
  'beside its scope is a route of the same URL for another host': {
    path: app(`app.register(async (scope) => { await scope.register(clerkAuth, options); scope.get('/', { constraints: { host: 'a.example' }, onRequest: requireAuth }, () => 'me') }, { prefix: '/me' })
app.get('/me', { constraints: { host: 'b.example' } }, () => 'open')`),
    first: 'routes-uncovered',
    says: /there\. GET \/me\.$/,
    status: 0
  },
  'the plugin is in a scope with a prefix, and nothing is beside it': {
    path: app(
      `app.register(async (scope) => { await scope.register(clerkAuth, options); scope.get('/', { onRequest: requireAuth }, () => 'me') }, { prefix: '/me' })`
    ),
    first: undefined,
    status: 0
  },
  'the plugin is not wrapped in fastify-plugin': {
    path: app(`app.register(async (scope) => { await scope.register(clerkAuth, options) })
app.register(async (scope) => { scope.get('/me', { onRequest: requireAuth }, () => 'me') })`),
    first: 'FST_CLERK_NO_ROUTES',
    status: 1
  },
  'a route was made before the plugin': {
    path: app('await app.register(clerkAuth, options)', `app.get('/early', () => 'open')`),
    first: 'FST_CLERK_EARLY_ROUTES',
    says: /GET \/early/,
    status: 1
  },
  'plugins in the wrong order': {
    path: app('await app.register(clerkAuth, options)', 'app.register(metrics)'),
    first: 'FST_CLERK_METRICS_PLUGIN',
    status: 1
  },
  'another error': {
    path: app(`throw Object.assign(new RangeError(process.env.DATABASE_PASSWORD), { code: 'ERR_OF_THEIRS' })`),
    first: 'app-fails',
    says: /ERR_OF_THEIRS/,
    status: 1
  },
  'a package that is not installed': {
    path: file(`import 'not-installed'\nexport default 1`),
    first: 'app-fails',
    says: /ERR_MODULE_NOT_FOUND\. A file or a package that it imports is not there/,
    status: 1
  },
  'a database that is not there': {
    path: app(`throw Object.assign(new Error(process.env.DATABASE_PASSWORD), { code: 'ECONNREFUSED' })`),
    first: 'app-fails',
    says: /ECONNREFUSED\. Something that it connects to is not there/,
    status: 1
  },
  'it ends by itself': { path: app('process.exit(3)'), first: 'app-fails', says: /exit status 3/, status: 1 },
  'options in code alone': {
    path: app(`await app.register(clerkAuth, { ...options, publishableKey: '${clerk.publishableKey}' })\n${GUARDED}`),
    env: {},
    first: 'options-in-code',
    status: 0
  },
  'no source of keys at all': {
    path: app(`await app.register(clerkAuth, options)\n${GUARDED}`),
    env: {},
    first: 'FST_CLERK_OPTION_NO_KEY_SOURCE',
    status: 1
  }
}

t.test('each application names its cause first', async (t) => {
  const config = file(`export default { authorizedParties: ['https://app.example.com'] }`)
  for (const [name, { path, first, says = /./, status, env: own = env }] of Object.entries(TABLE)) {
    const options = own === env ? ['--config', config] : []
    const found = await report(['--app', path, ...options], { env: own, fetch: internet([clerk]) })
    t.equal(found.json.causes[0]?.cause, first, name)
    if (first !== undefined) t.match(found.json.causes[0]?.message, says, name)
    t.equal(found.status, status, `${name}: exit status`)
    t.equal(found.text.stderr, '', name)
  }
})

t.test('an application in the place of the configuration: a message, exit 2', async (t) => {
  const server = app('')
  const factory = file(`import Fastify from 'fastify'\nexport default () => Fastify()`)
  const later = file(
    `import Fastify from 'fastify'\nexport default async function build() { return { app: Fastify() } }`
  )
  for (const path of [server, factory]) {
    const { status, text } = await report(['--config', path, '--offline'], { env })
    t.equal(status, 2)
    t.match(text.stderr, /exports a Fastify server: name that file by --app/)
  }
  t.equal((await report(['--config', later, '--offline'], { env })).status, 1, 'an object with other members')
})

t.test('what is no application: a message, exit 2', async (t) => {
  for (const path of [join(folder, 'none.mjs'), file('export default 3'), file('export default () => 3')]) {
    const { status, text } = await report(['--app', path, '--offline'], { env })
    t.equal(status, 2)
    t.match(text.stderr, /^The .+\n$/)
  }
})

t.test('no output holds a secret, nor what the application prints', async (t) => assertNothingLeaked(t))
