import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { replaceSection } from '../../bench/report/readme.js'
import type { AuditOptions } from '../../src/audit/index.js'
import { GROUPS, OPTIONS } from '../../src/core/options/names.js'
import { resolveOptions } from '../../src/core/options.js'
import { CHANNELS } from '../../src/diagnostics/index.js'
import { createLocalClerk } from '../../src/local/index.js'

// The manual is a claim like any other: what it lists is what there is, and what it shows works.

const root = join(import.meta.dirname, '../../..')
const readme = readFileSync(join(root, 'README.md'), 'utf8')
const folder = join(root, '.build/readme')

const auditFile = join(folder, 'log/audit.ndjson')

interface Fence {
  readonly language: string
  readonly tags: readonly string[]
  readonly code: string
  readonly name: string
}

const fences: readonly Fence[] = [...readme.matchAll(/^```(\w+)([^\n]*)\n([\s\S]*?)^```$/gm)].map(
  ([, language = '', tags = '', code = ''], index) => ({
    language,
    tags: tags.trim().split(' '),
    code,
    name: `snippet-${index}`
  })
)
const snippets = fences.filter(({ language }) => language === 'ts')
const isRun = ({ tags }: Fence) => tags.includes('run')

/** The text under a heading, with its subsections. */
function section(title: string): string {
  const [, level = '', text = ''] =
    new RegExp(`^(#+) ${title}\\n([\\s\\S]*?)(?=^## |$(?![\\s\\S]))`, 'm').exec(readme) ?? []
  t.ok(level, `there is a section ${title}`)
  return text
}

/** Rows of tables whose first cell is one name in backticks. */
function rows(text: string): string[][] {
  return text
    .split('\n')
    .filter((line) => /^\| `[\w.]+` \|/.test(line))
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim())
    )
}

const named = (cells: readonly string[]) => cells[0]?.replaceAll('`', '') ?? ''

t.test('the options tables list every option, and no other', async (t) => {
  const groups = Object.entries(GROUPS).flatMap(([group, names]) => names.map((name) => `${group}.${name}`))
  t.strictSame(rows(section('Options')).map(named).sort(), [...OPTIONS, ...groups].sort())
})

const publishableKey = 'pk_test_Y2xlcmsuZXhhbXBsZS5jb20k'

/** Options with one of them given, whether it is of a group or not. */
function given(name: string, value: unknown) {
  const [first = '', second] = name.split('.')
  const options = { publishableKey, [first]: second === undefined ? value : { [second]: value } }
  return resolveOptions(options, { env: {} })
}

function resolvedValue(name: string, options: object): unknown {
  const path = name.replace(/^jwks\./, 'jwksCache.').split('.')
  return path.reduce<unknown>((value, part) => (value as Record<string, unknown> | undefined)?.[part], options)
}

t.test('defaults and bounds of the options tables are those of the code', async (t) => {
  const defaults = resolveOptions({ publishableKey }, { env: {} })
  const numbers = rows(section('Options')).filter(([, type]) => type === 'number')
  t.ok(numbers.length > 15)
  for (const cells of numbers) {
    const name = named(cells)
    t.equal(resolvedValue(name, defaults), Number(cells[2]), `default of ${name}`)
    const [, least, most] = /(\d+)(?: \(off\))? to (\d+)/.exec(cells[3] ?? '') ?? []
    if (least === undefined) continue
    t.equal(resolvedValue(name, given(name, Number(least))), Number(least), `least ${name}`)
    t.throws(() => given(name, Number(least) - 1), { code: 'FST_CLERK_OPTION_RANGE' }, `below the least ${name}`)
    t.throws(() => given(name, Number(most) + 1), { code: 'FST_CLERK_OPTION_RANGE' }, `above the most ${name}`)
  }
})

t.test('the audit table lists every option of the audit log', async (t) => {
  const names: Readonly<Record<keyof AuditOptions, true>> = {
    sink: true,
    flushIntervalInMs: true,
    batchSize: true,
    maxQueued: true,
    whenFull: true,
    maxWaitInMs: true,
    closeTimeoutInMs: true,
    chain: true,
    address: true,
    redact: true,
    parseAgent: true,
    now: true,
    logger: true
  }
  const listed = section('Audit log').matchAll(/^\| ((?:`\w+`(?:, )?)+) \|/gm)
  const inTable = [...listed].flatMap(([, cell = '']) => cell.replaceAll('`', '').split(', '))
  t.strictSame(inTable.sort(), Object.keys(names).sort())
})

t.test('the table of channels lists every channel', async (t) => {
  const listed = [...section('Observability').matchAll(/^\| `(fastify-clerk-auth:[\w:-]+)`/gm)].map(([, name]) => name)
  t.strictSame(listed.sort(), [...CHANNELS].sort())
})

t.test('links within the README lead to a heading, and scripts it names exist', async (t) => {
  const slugs = [...readme.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-')
  )
  for (const [, anchor = ''] of readme.matchAll(/\]\(#([^)]*)\)/g)) t.ok(slugs.includes(anchor), anchor)
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  for (const [, name = ''] of readme.matchAll(/`npm run ([\w:]+)/g)) t.ok(name in scripts, `npm run ${name}`)
})

t.test('the migration shows exactly the lines in which the two applications differ', async (t) => {
  const linesOf = (name: string) =>
    readFileSync(join(root, `test/fixtures/migration/${name}.ts`), 'utf8')
      .replace("'../../../src/index.js'", "'fastify-clerk-auth'")
      .split('\n')
      // How the fixtures are typed is theirs alone.
      .filter((line) => !line.startsWith('import Fastify') && !line.includes('instance-options'))
  const [before, after] = [linesOf('before'), linesOf('after')]
  const shown = fences.find(({ language }) => language === 'diff')?.code.split('\n') ?? []
  const only = (sign: string) => shown.filter((line) => line.startsWith(sign)).map((line) => line.slice(1))
  t.strictSame(
    only('-'),
    before.filter((line) => !after.includes(line))
  )
  t.strictSame(
    only('+'),
    after.filter((line) => !before.includes(line))
  )
})

t.test('measured figures have their places', async (t) => {
  for (const name of ['bench', 'faults']) t.doesNotThrow(() => replaceSection(readme, '', name))
})

/** Snippets speak of `fastify` as the reader's own; here it is made first. */
function program({ code }: Fence): string {
  if (code.includes("from 'fastify'")) return code
  const register = code.includes('register(clerkAuth') ? '' : 'await fastify.register(clerkAuth)'
  const before = ["import Fastify from 'fastify'", "import clerkAuth from 'fastify-clerk-auth'"]
  return [...before, 'const fastify = Fastify()', register, code].join('\n')
}

/** Without what the test runner puts in to follow child processes. */
function plainEnvironment(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _, NODE_V8_COVERAGE: __, TAP: ___, ...environment } = process.env
  return environment
}

const COMPILER_OPTIONS = {
  noEmit: false,
  rootDir: '.',
  outDir: '.',
  declaration: false,
  noUnusedLocals: false,
  noUnusedParameters: false
}

function compile(name: string, files: readonly Fence[]): { status: number | null; stdout: string; stderr: string } {
  const project = join(folder, name)
  mkdirSync(project, { recursive: true })
  const tsconfig = { extends: '../../../tsconfig.json', compilerOptions: COMPILER_OPTIONS, include: ['.'], exclude: [] }
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify(tsconfig))
  for (const fence of files) {
    const exported = isRun(fence) && !fence.tags.includes('standalone') ? '\nexport { fastify }\n' : ''
    const text = program(fence)
      .replace('port: 3000', 'port: 0')
      .replace('logger: true', 'logger: false')
      .replace('log/audit.ndjson', auditFile)
    writeFileSync(join(project, `${fence.name}.ts`), text + exported)
  }
  // Not bin/tsc: a file without an extension does not start under the test runner's loader.
  const compiler = join(root, 'node_modules/typescript/lib/tsc.js')
  return spawnSync(process.execPath, [compiler, '-p', project], {
    encoding: 'utf8',
    cwd: root,
    env: plainEnvironment()
  })
}

const loaded = new Set<string>()

async function load(
  t: Test,
  { name }: Fence,
  addRoutes?: (fastify: FastifyInstance) => void
): Promise<FastifyInstance> {
  const { fastify } = await import(pathToFileURL(join(folder, 'main', `${name}.js`)).href)
  loaded.add(name)
  t.teardown(() => fastify.close())
  addRoutes?.(fastify)
  await fastify.ready()
  return fastify
}

function containing(text: string): Fence {
  const found = snippets.filter((fence) => isRun(fence) && fence.code.includes(text))
  if (found.length !== 1) throw new Error(`${found.length} snippets to run contain ${text}`)
  return found[0] as Fence
}

// As applications do, snippets import the package by its name, from what `npm run build` has made.
t.test('the snippets', async (t) => {
  if (!existsSync(join(root, 'dist/index.js'))) return t.fail('dist is not there: npm run build')
  rmSync(folder, { recursive: true, force: true })
  const isGlobal = ({ tags }: Fence) => tags.includes('global')
  const compiled = compile(
    'main',
    snippets.filter((fence) => !isGlobal(fence))
  )
  t.equal(compiled.status, 0, 'compile against the built package')
  if (compiled.status !== 0) return t.comment((compiled.stdout || compiled.stderr).split('\n').slice(0, 12).join('\n'))
  for (const fence of snippets.filter(isGlobal)) {
    const { status, stdout } = compile(fence.name, [fence])
    t.equal(status, 0, `declarations compile\n${stdout}`)
  }

  const clerk = await createLocalClerk()
  t.teardown(() => clerk.close())
  process.env.CLERK_PUBLISHABLE_KEY = clerk.publishableKey
  process.env.CLERK_JWT_KEY = clerk.jwtKey
  process.env.CLERK_SECRET_KEY = clerk.secretKey

  await t.test('the quick start authenticates tokens and cookies', async (t) => {
    const fastify = await load(t, containing('await fastify.listen'))
    const azp = 'https://app.example.com'
    const org = { id: 'org_1', permissions: ['org:docs:read'] }
    const status = async (url: string, headers = {}) => (await fastify.inject({ url, headers })).statusCode
    t.equal((await fastify.inject('/')).json().hello, 'stranger')
    t.equal(await status('/me'), 401)
    t.equal(await status('/me', clerk.bearer({ azp })), 200)
    t.equal(await status('/me', { cookie: clerk.cookies({ azp }) }), 200)
    t.equal(await status('/me', clerk.bearer({ azp: 'https://other.example.com' })), 401)
    t.equal(await status('/docs', clerk.bearer({ azp })), 403)
    t.equal(await status('/docs', clerk.bearer({ azp, org })), 200)
  })

  await t.test('guards', async (t) => {
    const fastify = await load(t, containing("role: 'org:admin'"))
    const get = async (url: string, input: object) => {
      const method = url === '/account' ? 'DELETE' : 'GET'
      return (await fastify.inject({ method, url, headers: clerk.bearer(input) })).statusCode
    }
    const org = { id: 'org_1', role: 'org:admin', features: ['beta'], plans: ['pro'] }
    for (const url of ['/members', '/beta', '/team']) {
      t.equal(await get(url, { org }), 200, url)
      t.equal(await get(url, {}), 403, url)
    }
    t.equal(await get('/account', { factorVerificationAge: [1, 1] }), 200)
    t.equal(await get('/account', { factorVerificationAge: [60, 60] }), 403)
  })

  await t.test('the table of routes is printed as shown', async (t) => {
    const snippet = containing('printRoutes')
    const fastify = await load(t, snippet)
    const shown = fences[fences.indexOf(snippet) + 1]?.code
    t.equal(`${fastify.clerk.printRoutes()}\n`, shown)
    t.equal((await fastify.inject('/health')).statusCode, 200)
    t.equal((await fastify.inject('/account')).statusCode, 401)
  })

  await t.test('the readiness route', async (t) => {
    const fastify = await load(t, containing("'/ready'"))
    const response = await fastify.inject('/ready')
    t.equal(response.statusCode, 200)
    t.match(response.json(), { ready: true, degraded: false })
  })

  await t.test('a route for machines', async (t) => {
    const fastify = await load(t, containing("'/jobs'"))
    const post = async (token: string) =>
      (await fastify.inject({ method: 'POST', url: '/jobs', headers: { authorization: `Bearer ${token}` } })).statusCode
    t.equal(await post(clerk.machineTokens.createM2MToken({ format: 'jwt', scopes: ['jobs:write'] })), 200)
    t.equal(await post(clerk.machineTokens.createM2MToken({ format: 'jwt', scopes: [] })), 403)
    t.equal(await post(clerk.signSessionToken()), 401)
  })

  await t.test('revocation by hand', async (t) => {
    const fastify = await load(t, containing('clerk.revoke({ sessionId'), (fastify) => {
      fastify.get('/me', { preHandler: fastify.requireAuth }, () => 'ok')
    })
    const get = async (input: object) => (await fastify.inject({ url: '/me', headers: clerk.bearer(input) })).statusCode
    t.equal(await get({ sessionId: 'sess_1', userId: 'user_2' }), 401)
    t.equal(await get({ userId: 'user_1' }), 401)
    t.equal(await get({ userId: 'user_2' }), 200)
  })

  await t.test('both ways of narrowing', async (t) => {
    const fastify = await load(t, containing('assertSignedIn(request.auth)'))
    for (const url of ['/asked', '/asserted']) {
      t.equal((await fastify.inject(url)).statusCode, 401)
      t.strictSame((await fastify.inject({ url, headers: clerk.bearer({ userId: 'user_1' }) })).json(), {
        userId: 'user_1'
      })
    }
  })

  await t.test('a webhook revokes', async (t) => {
    process.env.CLERK_WEBHOOK_SIGNING_SECRET = clerk.webhookSecret
    const fastify = await load(t, containing('fastify-clerk-auth/webhooks'), (fastify) => {
      fastify.get('/me', { preHandler: fastify.requireAuth }, () => 'ok')
    })
    const headers = clerk.bearer({ userId: 'user_1' })
    t.equal((await fastify.inject({ url: '/me', headers })).statusCode, 200)
    const delivery = clerk.signWebhook({ type: 'user.deleted', data: { id: 'user_1', deleted: true } })
    const url = '/webhooks/clerk'
    const deliver = () =>
      fastify.inject({ method: 'POST', url, headers: { ...delivery.headers }, payload: delivery.body })
    t.equal((await deliver()).statusCode, 204)
    t.equal((await deliver()).statusCode, 204, 'a replay is no news')
    t.equal((await fastify.inject({ url: '/me', headers })).statusCode, 401)
  })

  await t.test('the resolver knows its tenants, and nobody else', async (t) => {
    const fastify = await load(t, containing('resolver:'), (fastify) => {
      fastify.get('/me', (request) => request.auth.isAuthenticated)
    })
    const get = async (host: string) => (await fastify.inject({ url: '/me', headers: { host } })).statusCode
    t.equal(await get('a.example.com'), 200)
    t.equal(await get('b.example.com:8080'), 200)
    t.equal(await get('c.example.com'), 421)
  })

  await t.test('the audit log has its record', async (t) => {
    const fastify = await load(t, containing('fileSink('))
    const url = '/invoices/7'
    t.equal(
      (await fastify.inject({ method: 'DELETE', url, headers: clerk.bearer({ userId: 'user_1' }) })).statusCode,
      200
    )
    await fastify.close()
    const record = JSON.parse(readFileSync(auditFile, 'utf8'))
    t.match(record, {
      userId: 'user_1',
      action: 'invoice.delete',
      target: '7',
      route: '/invoices/:id',
      details: { amount: 4200 }
    })
  })

  await t.test('metrics', async (t) => {
    const fastify = await load(t, containing('fastify-clerk-auth/metrics'))
    t.match((await fastify.inject('/metrics')).body, /^clerk_auth_ready 1$/m)
  })

  for (const text of ['@opentelemetry/api', '@fastify/websocket']) {
    await t.test(`the recipe with ${text} starts and stops`, async (t) => {
      const fastify = await load(t, containing(text))
      await t.resolves(fastify.close())
    })
  }

  await t.test('server-sent events', async (t) => {
    const fastify = await load(t, containing("'/events'"))
    t.equal((await fastify.inject('/events')).statusCode, 401)
  })

  await t.test('every snippet that is to run has run', async (t) => {
    t.strictSame(
      snippets.filter(isRun).filter((fence) => !fence.tags.includes('standalone') && !loaded.has(fence.name)),
      []
    )
  })

  await t.test('the test of an application passes', async (t) => {
    const { name } = snippets.find(({ tags }) => tags.includes('standalone')) as Fence
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(folder, 'main', `${name}.js`)], {
      encoding: 'utf8',
      env: plainEnvironment()
    })
    t.equal(status, 0, `${stdout}\n${stderr}`)
  })
})
