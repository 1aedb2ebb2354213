import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { applyEdits } from '../../../src/cli/migrate/edits.js'
import { migrateText } from '../../../src/cli/migrate/migrate.js'
import { loadParser } from '../../../src/cli/migrate/syntax.js'
import { root } from '../../docs/manual.js'

const parse = await loadParser()

function changed(text: string, name = 'app.ts'): string {
  const migration = migrateText(parse, text, name)
  return migration.outcome === 'changed' ? migration.text : JSON.stringify(migration)
}

function refused(text: string, name = 'app.ts'): readonly string[] {
  const migration = migrateText(parse, text, name)
  return migration.outcome === 'refused'
    ? migration.refusals.map(({ line, message }) => `${line}: ${message}`)
    : [migration.outcome]
}

const IMPORT = "import { clerkPlugin } from '@clerk/fastify'\n"
const IMPORTED = "import clerkAuth from 'fastify-clerk-auth'\n"
const registered = (options: string) => `${IMPORT}app.register(clerkPlugin${options})\n`

t.test('the option of the proxy becomes a plugin of its own, behind the other', async (t) => {
  const proxied = "import { frontendApiProxy } from 'fastify-clerk-auth/proxy'\n"
  t.equal(
    changed(
      `${IMPORT}await app.register(clerkPlugin, { frontendApiProxy: { enabled: true, path: '/auth' }, jwtKey })\n`
    ),
    `${IMPORTED}${proxied}await app.register(clerkAuth, { jwtKey, acceptsToken: 'any' })\nawait app.register(frontendApiProxy, { path: '/auth' })\n`
  )
  t.equal(
    changed(registered(', { frontendApiProxy: { enabled: true } }')),
    `${IMPORTED}${proxied}app.register(clerkAuth, { acceptsToken: 'any' })\napp.register(frontendApiProxy)\n`
  )
  t.equal(
    changed(registered(', { frontendApiProxy: { enabled: false } }')),
    `${IMPORTED}app.register(clerkAuth, { acceptsToken: 'any' })\n`
  )
  t.equal(
    changed(
      "const { clerkPlugin } = require('@clerk/fastify');\napp.register(clerkPlugin, { frontendApiProxy: { enabled: true } });\n",
      'app.cjs'
    ),
    "const { clerkAuth } = require('fastify-clerk-auth');\nconst { frontendApiProxy } = require('fastify-clerk-auth/proxy');\napp.register(clerkAuth, { acceptsToken: 'any' });\napp.register(frontendApiProxy);\n"
  )
})

t.test('types come from where they are', async (t) => {
  t.equal(
    changed("import type { User } from '@clerk/fastify/types'\n"),
    "import type { User } from '@clerk/shared/types'\n"
  )
  t.equal(
    changed('import { type WebhookEvent, type UserJSON as User } from "@clerk/fastify/webhooks"\n'),
    'import { type WebhookEvent, type UserJSON as User } from "@clerk/backend/webhooks"\n'
  )
  t.equal(
    changed("export type { WebhookEvent } from '@clerk/fastify/webhooks'\n"),
    "export type { WebhookEvent } from '@clerk/backend/webhooks'\n"
  )
})

t.test('the application of the migration fixture becomes the one after it', async (t) => {
  const read = (name: string) => readFileSync(join(root, `test/fixtures/migration/${name}.ts`), 'utf8')
  const migration = migrateText(parse, read('before'), 'before.ts')
  const expected = read('after').replace('../../../src/index.js', 'fastify-clerk-auth').split('\n')
  if (migration.outcome !== 'changed') throw new Error(JSON.stringify(migration))
  const lines = migration.text.split('\n')
  const isImport = (line: string) => line.startsWith('import ')
  t.strictSame(
    lines.filter((line) => !isImport(line)),
    expected.filter((line) => !isImport(line))
  )
  // Their order is the application's formatter's.
  t.strictSame(lines.filter(isImport).sort(), expected.filter(isImport).sort())
  t.strictSame(
    migration.notes.map(({ message }) => message.split(/[ :]/, 3).join(' ')),
    ['these options are', 'the client is'],
    'that the options are not seen is said, and that the client has its keys from them'
  )
})

const IMPORTS: readonly (readonly [string, string, string])[] = [
  ['getAuth alone', "import { getAuth } from '@clerk/fastify'", "import { getAuth } from 'fastify-clerk-auth'"],
  [
    'another name',
    "import { getAuth as who } from '@clerk/fastify'",
    "import { getAuth as who } from 'fastify-clerk-auth'"
  ],
  [
    'double quotes and semicolons',
    'import { getAuth } from "@clerk/fastify";',
    'import { getAuth } from "fastify-clerk-auth";'
  ],
  [
    'names of the backend',
    "import { getAuth, createClerkClient, type User, verifyToken as check } from '@clerk/fastify'",
    "import { createClerkClient, type User, verifyToken as check } from '@clerk/backend'\nimport { getAuth } from 'fastify-clerk-auth'"
  ],
  ['types', "import type { User } from '@clerk/fastify'", "import type { User } from '@clerk/backend'"],
  [
    'the type of the options',
    "import type { ClerkFastifyOptions } from '@clerk/fastify'\nexport const options: ClerkFastifyOptions = {}",
    "import type { ClerkAuthOptions } from 'fastify-clerk-auth'\nexport const options: ClerkAuthOptions = {}"
  ],
  [
    'a type whose new name is taken',
    "import type { ClerkFastifyOptions } from '@clerk/fastify'\ninterface ClerkAuthOptions { a: ClerkFastifyOptions }",
    "import type { ClerkAuthOptions as ClerkFastifyOptions } from 'fastify-clerk-auth'\ninterface ClerkAuthOptions { a: ClerkFastifyOptions }"
  ],
  [
    'several lines',
    "import {\n  getAuth,\n  verifyToken,\n} from '@clerk/fastify'\n",
    "import { verifyToken } from '@clerk/backend'\nimport { getAuth } from 'fastify-clerk-auth'\n"
  ],
  [
    'clerkClient',
    "import { clerkClient } from '@clerk/fastify'\nimport x from 'x'\n\nclerkClient.users.getUser('1')",
    "import { createClerkClient } from '@clerk/backend'\nimport x from 'x'\n\nconst clerkClient = createClerkClient({\n  secretKey: process.env.CLERK_SECRET_KEY,\n  machineSecretKey: process.env.CLERK_MACHINE_SECRET_KEY,\n  jwtKey: process.env.CLERK_JWT_KEY,\n  apiVersion: process.env.CLERK_API_VERSION || undefined,\n  apiUrl: process.env.CLERK_API_URL || undefined\n})\n\nclerkClient.users.getUser('1')"
  ],
  [
    'CRLF',
    "import { getAuth, User } from '@clerk/fastify'\r\n",
    "import { User } from '@clerk/backend'\r\nimport { getAuth } from 'fastify-clerk-auth'\r\n"
  ]
]

for (const [name, before, after] of IMPORTS) {
  t.test(`import: ${name}`, async (t) => t.equal(changed(before), after))
}

t.test('require: names, and names of the file', async (t) => {
  const head = "const { clerkPlugin, getAuth: who, createClerkClient } = require('@clerk/fastify');\n"
  const after =
    "const { createClerkClient } = require('@clerk/backend');\nconst { clerkAuth, getAuth: who } = require('fastify-clerk-auth');\n"
  t.equal(
    changed(`${head}app.register(clerkPlugin);\n`, 'app.cjs'),
    `${after}app.register(clerkAuth, { acceptsToken: 'any' });\n`
  )
  t.equal(
    changed("const { clerkPlugin: auth } = require('@clerk/fastify')\napp.register(auth)\n", 'app.js'),
    "const { clerkAuth: auth } = require('fastify-clerk-auth')\napp.register(auth, { acceptsToken: 'any' })\n"
  )
})

const OPTIONS: readonly (readonly [string, string])[] = [
  ['', ", { acceptsToken: 'any' }"],
  [', {}', ", { acceptsToken: 'any' }"],
  [', options', ", { ...options, acceptsToken: 'any' }"],
  [', await load(1)', ", { ...await load(1), acceptsToken: 'any' }"],
  [', { secretKey }', ", { secretKey, acceptsToken: 'any' }"],
  [', { ...rest, jwtKey: key, }', ", { ...rest, jwtKey: key, acceptsToken: 'any', }"],
  [', {\n  secretKey: a,\n  jwtKey: b\n}', ", {\n  secretKey: a,\n  jwtKey: b,\n  acceptsToken: 'any'\n}"],
  [', { hookName: "onRequest" }', ", { acceptsToken: 'any' }"],
  [", { hookName: 'preHandler', secretKey: a }", ", { secretKey: a, acceptsToken: 'any' }"],
  [', { secretKey: a, telemetry: { disabled: true } }', ", { secretKey: a, acceptsToken: 'any' }"],
  [', { secretKey: a, hookName }', ", { secretKey: a, acceptsToken: 'any' }"],
  [', { acceptsToken: t, hookName: h }', ', { acceptsToken: t }'],
  [', { __internal_enableHandshake: false }', ", { handshake: false, acceptsToken: 'any' }"]
]

for (const [before, after] of OPTIONS) {
  t.test(`options: register(clerkPlugin${before})`, async (t) => {
    t.equal(changed(registered(before)), `${IMPORTED}app.register(clerkAuth${after})\n`)
  })
}

t.test('what a file exports keeps its name', async (t) => {
  const head = "import { type ClerkFastifyOptions } from '@clerk/fastify'\n"
  const imported = "import { type ClerkAuthOptions } from 'fastify-clerk-auth'\n"
  for (const [before, after] of [
    ['export { type ClerkFastifyOptions }', 'export { type ClerkAuthOptions as ClerkFastifyOptions }'],
    ['export type { ClerkFastifyOptions }', 'export type { ClerkAuthOptions as ClerkFastifyOptions }'],
    ['export { type ClerkFastifyOptions as Options }', 'export { type ClerkAuthOptions as Options }'],
    [
      'interface Mine extends ClerkFastifyOptions {}\nexport { type Mine as ClerkFastifyOptions }',
      'interface Mine extends ClerkAuthOptions {}\nexport { type Mine as ClerkFastifyOptions }'
    ],
    ...["export { ClerkFastifyOptions } from './a'", "export * as ClerkFastifyOptions from './a'"].map((same) => [
      same,
      same
    ]),
    ...['let a: b.ClerkFastifyOptions', "let a: import('./a').ClerkFastifyOptions"].map((same) => [same, same])
  ])
    t.equal(changed(head + before), imported + after)
})

t.test('edits that overlap make no text', async (t) => {
  const edit = { start: 0, end: 2, text: 'x' }
  t.equal(applyEdits('abc', [edit, { ...edit, start: 1 }]), null)
})

t.test('an alias, and a name that is taken, stay', async (t) => {
  t.equal(
    changed("import { clerkPlugin as auth } from '@clerk/fastify'\nawait app.register(auth)"),
    "import auth from 'fastify-clerk-auth'\nawait app.register(auth, { acceptsToken: 'any' })"
  )
  t.equal(
    changed(`${IMPORT}const clerkAuth = 1\napp.register(clerkPlugin)`),
    "import clerkPlugin from 'fastify-clerk-auth'\nconst clerkAuth = 1\napp.register(clerkPlugin, { acceptsToken: 'any' })"
  )
})

t.test('request.clerk becomes a client that is made after the registration', async (t) => {
  const before = `${IMPORT}export async function build(app) {
  await app.register(clerkPlugin, { secretKey: key, authorizedParties: ['https://a.example'] });
  app.get('/', (req) => req.clerk.users.getUser('u'));
}
`
  t.equal(
    changed(before, 'app.js'),
    `import { createClerkClient } from '@clerk/backend'
${IMPORTED}export async function build(app) {
  await app.register(clerkAuth, { secretKey: key, authorizedParties: ['https://a.example'], acceptsToken: 'any' });
  const clerkClient = createClerkClient({
    machineSecretKey: process.env.CLERK_MACHINE_SECRET_KEY,
    jwtKey: process.env.CLERK_JWT_KEY,
    apiVersion: process.env.CLERK_API_VERSION || undefined,
    publishableKey: process.env.CLERK_PUBLISHABLE_KEY,
    secretKey: key
  });
  app.get('/', (req) => clerkClient.users.getUser('u'));
}
`
  )
})

t.test('request.clerk is found in every spelling', async (t) => {
  for (const use of [
    "request['clerk']",
    'request[`clerk`]',
    '(request as any).clerk',
    '(<any>request).clerk',
    'request!.clerk',
    "request.getDecorator<Client>('clerk')",
    'reply.request.clerk',
    "reply['request'].clerk",
    'this.request.clerk',
    '(this.req as any)!.clerk'
  ]) {
    const after = changed(`${registered('')}app.get('/', () => ${use}.users)`)
    t.ok(after.endsWith("\napp.get('/', () => clerkClient.users)"), `${use}: ${after}`)
  }
})

t.test('clerk of what may be a request is named with its line', async (t) => {
  for (const handler of [
    '(request) => { const { clerk } = request as any }',
    '(request) => { let clerk; ({ clerk } = request) }',
    "(request) => { const { ['clerk']: client } = request! }",
    '(req) => { const { clerk: { users } } = req!; return users }',
    '(_, reply) => { const { clerk } = reply.request }',
    '(_, reply) => { const { request: { clerk } } = reply }',
    '({ clerk } = {}) => clerk.users',
    '(r) => { const { clerk } = r }',
    '(r: any = {}) => r.clerk.users',
    '(r) => (r as any).clerk.users',
    "(r) => r['clerk'].users",
    '(...args) => args[0].clerk.users',
    '([r]) => r.clerk.users',
    '(request) => { const r = request; return r.clerk.users }',
    '(request) => { let r; r = request as any; return r.clerk.users }',
    '() => context.getRequest().clerk.users',
    'async () => (await getRequest()).clerk.users',
    '() => (a ?? request).clerk.users',
    '() => fastifyRequest.clerk.users',
    'class { #request; f() { return this.#request.clerk } }',
    "(request) => { request['clerk'] = 1 }"
  ]) {
    const refusals = refused(`${registered('')}app.get('/', ${handler})`)
    t.equal(refusals.length, 1, handler)
    t.match(refusals[0], /^3: .*clerk.*( is not understood| is taken out| is assigned)/)
  }
})

t.test('clerk of something else is nobody’s client', async (t) => {
  for (const text of [
    'config.clerk.a = 1',
    'this.clerk.a',
    "settings['clerk']",
    'function f(app) { return app.config.clerk }',
    'const { clerk } = config',
    'function f(key, request) { const { [key]: clerk } = request }',
    'useAuth().clerk'
  ])
    t.equal(migrateText(parse, text, 'a.ts').outcome, 'unchanged', text)
  t.match(changed(`${registered('')}app.get('/', (req) => req.clerk ?? null)`), /=> clerkClient \?\? null/)
})

t.test('a client takes the options of the registration in their order, all that are spread too', async (t) => {
  const after = changed(
    `${registered(', { ...a, secretKey: `s`, domain, apiUrl, ...b }')}app.get('/', (req) => req.clerk.users)`
  )
  t.ok(after.includes('PUBLISHABLE_KEY,\n  ...a,\n  secretKey: `s`,\n  apiUrl,\n  ...b\n})\n'), after)
})

t.test('a request.clerk that becomes the imported clerkClient is to be looked at', async (t) => {
  const text = `import { clerkClient } from '@clerk/fastify'\nexport const h = (req) => req.clerk.users ?? clerkClient\n`
  t.match(migrateText(parse, text, 'a.ts'), {
    outcome: 'changed',
    notes: [{ line: 2, message: /^the client is now / }]
  })
  const alone = text.replace('req.clerk.users ??', '')
  t.match(migrateText(parse, alone, 'a.ts'), { outcome: 'changed', notes: [] })
})

t.test('a request.clerk with other keys than the imported clerkClient is left as it is', async (t) => {
  const both = (options: string) =>
    `${IMPORT}import { clerkClient } from '@clerk/fastify'\nawait app.register(clerkPlugin${options})\napp.get('/', (req) => req.clerk)`
  for (const options of [
    'options',
    '{ secretKey: tenant }',
    '{ get secretKey() { return 1 } }',
    '{ publishableKey }',
    '{ apiUrl }',
    '{ ...keys }',
    '{ ...keys } as any'
  ]) {
    const refusals = refused(both(`, ${options}`))
    t.equal(refusals.length, 1, options)
    t.match(refusals[0], /^4: the client would be clerkClient, .* not those of line 3: make/)
  }
  for (const options of [
    '',
    ", { hookName: 'preHandler' }",
    ', { secretKey: process.env.CLERK_SECRET_KEY!, publishableKey: process.env.CLERK_PUBLISHABLE_KEY as string }'
  ])
    t.match(migrateText(parse, both(options), 'a.ts'), { outcome: 'changed', notes: [{ line: 4 }] }, options)
})

t.test('the imported client is made before the first statement that needs it', async (t) => {
  const client = "import { clerkClient } from '@clerk/fastify'\n"
  const place = (text: string) =>
    changed(text)
      .replace(/const clerkClient = .*?\n\}\)/s, 'CLIENT')
      .replace(/\n+/g, ';')
  for (const [before, after] of [
    ["import 'a'\nload()\nimport 'b'\nuse(clerkClient)\n", "import 'a';load();import 'b';CLIENT;use(clerkClient);"],
    ["import 'a'\nuse(clerkClient)\nimport 'b'\n", "import 'a';CLIENT;use(clerkClient);import 'b';"],
    [
      "f()\nimport 'b'\nfunction f() { g() }\nexport function g() { clerkClient }\n",
      "CLIENT;f();import 'b';function f() { g() };export function g() { clerkClient };"
    ],
    [
      "load()\nimport 'b'\nfunction f() { clerkClient }\nf()\n",
      "load();import 'b';CLIENT;function f() { clerkClient };f();"
    ]
  ] as const)
    t.equal(place(client + before), `import { createClerkClient } from '@clerk/backend';${after}`)
  t.match(place(`use(clerkClient)\n${client}`), /^CLIENT;use\(clerkClient\);import/)
})

t.test('a client takes the options that the plugin has no more', async (t) => {
  const use = "app.get('/', (req) => req.clerk)"
  const after = changed(
    `${registered(", { telemetry: { disabled: true }, hookName, userAgent: 'a', get secretKey() { return 1 } }")}${use}`
  )
  t.ok(after.includes("register(clerkAuth, { get secretKey() { return 1 }, acceptsToken: 'any' })\n"), after)
  t.ok(
    after.includes("\n  telemetry: { disabled: true },\n  userAgent: 'a',\n  get secretKey() { return 1 }\n})"),
    after
  )
  for (const options of ['o', '{ ...o }', '{ ...{ telemetry: false }, ...o }']) {
    const text = `${IMPORT}const o = { telemetry: false }\nawait app.register(clerkPlugin, ${options})\n${use}`
    t.match(refused(text)[0], /^2: telemetry /, options)
  }
})

t.test('comments and strings are nobody’s names', async (t) => {
  const after = changed(
    `// clerkPlugin of @clerk/fastify, request.clerk\n${IMPORT}/* clerkPlugin */ app.register(clerkPlugin) // clerkPlugin\nlog('clerkPlugin', \`request.clerk\`, a.clerkPlugin, { clerkPlugin: 1 })\n`
  )
  t.equal(
    after,
    `// clerkPlugin of @clerk/fastify, request.clerk\n${IMPORTED}/* clerkPlugin */ app.register(clerkAuth, { acceptsToken: 'any' }) // clerkPlugin\nlog('clerkPlugin', \`request.clerk\`, a.clerkPlugin, { clerkPlugin: 1 })\n`
  )
})

t.test('files without anything to change, and files that were changed, stay as they are', async (t) => {
  for (const text of [
    '',
    'export const a = 1',
    "import { clerk } from 'x'\nclerk()",
    "import { createClerkClient } from '@clerk/backend'",
    'config.clerk.a = 1'
  ]) {
    t.equal(migrateText(parse, text, 'a.ts').outcome, 'unchanged', text)
  }
  for (const [, before] of IMPORTS) t.equal(migrateText(parse, changed(before), 'a.ts').outcome, 'unchanged', before)
})

t.test('JSX and decorators are read', async (t) => {
  const text = "import { getAuth } from '@clerk/fastify'\nexport const a = <p>{getAuth(x).userId}</p>\n"
  t.match(changed(text, 'a.tsx'), /fastify-clerk-auth/)
  t.match(changed(text, 'a.jsx'), /fastify-clerk-auth/)
  t.match(
    changed(
      "import { getAuth } from '@clerk/fastify'\n@Controller()\nclass A { constructor(@Inject() private a: B) {} }",
      'a.ts'
    ),
    /fastify-clerk-auth/
  )
})

const TYPED = "import { clerkPlugin, type ClerkFastifyOptions } from '@clerk/fastify'\n"

const VARIABLES: readonly (readonly [string, string, string])[] = [
  [
    'a variable',
    `${IMPORT}const options = { hookName: 'preHandler', secretKey: a }\napp.register(clerkPlugin, options)`,
    'const options = { secretKey: a }'
  ],
  [
    'a variable with its type',
    `${TYPED}const options: ClerkFastifyOptions = { secretKey: a, hookName: 'preHandler', telemetry: false }\napp.register(clerkPlugin, options)`,
    'const options: ClerkAuthOptions = { secretKey: a }'
  ],
  [
    'satisfies',
    `${TYPED}const options = { __internal_enableHandshake: false } satisfies ClerkFastifyOptions\napp.register(clerkPlugin, options)`,
    'const options = { handshake: false } satisfies ClerkAuthOptions'
  ],
  [
    'a spread',
    `${IMPORT}const common = { hookName }\napp.register(clerkPlugin, { ...common, secretKey: a })`,
    'const common = { }'
  ],
  [
    'a variable of a variable, and a condition',
    `${IMPORT}const a = { hookName: 1, jwtKey }\nconst b = isTest ? a : { userAgent: 'x' }\napp.register(clerkPlugin, b)`,
    'const a = { jwtKey }\nconst b = isTest ? a : { }'
  ],
  [
    'a module of options alone',
    "import type { ClerkFastifyOptions } from '@clerk/fastify'\nexport const options: ClerkFastifyOptions = {\n  hookName: 'preHandler',\n  secretKey: a\n}",
    'export const options: ClerkAuthOptions = {\n  secretKey: a\n}'
  ],
  [
    'a function that returns options',
    "import type { ClerkFastifyOptions } from '@clerk/fastify'\nexport function options(): ClerkFastifyOptions { if (x) return { hookName, jwtKey }; return load(() => { return { hookName } }) }",
    'ClerkAuthOptions { if (x) return { jwtKey }; return load(() => { return { hookName } }) }'
  ]
]

for (const [name, before, after] of VARIABLES) {
  t.test(`options without a meaning here go from ${name}`, async (t) => {
    t.ok(changed(before).includes(after), changed(before))
  })
}

t.test('options that go stand in any place of the list', async (t) => {
  t.equal(
    changed(registered(', { hookName, secretKey: a, telemetry, jwtKey, userAgent, sdkMetadata, }')),
    `${IMPORTED}app.register(clerkAuth, { secretKey: a, jwtKey, acceptsToken: 'any', })\n`
  )
  t.equal(
    changed(registered(', { hookName, telemetry }')),
    `${IMPORTED}app.register(clerkAuth, { acceptsToken: 'any' })\n`
  )
})

t.test('options that the file does not write are said to be unknown', async (t) => {
  for (const options of ['options', 'await load()', 'config.clerk', '{ ...options }', 'isTest ? {} : load()']) {
    const text = `import { options } from './options.js'\n${registered(`, ${options}`)}`
    const migration = migrateText(parse, text, 'app.ts')
    t.match(
      migration,
      { outcome: 'changed', notes: [{ line: 3, message: /^these options are not written in/ }] },
      options
    )
  }
  t.match(migrateText(parse, registered(', { secretKey: a }'), 'app.ts'), { outcome: 'changed', notes: [] })
})

const AWAITED: readonly (readonly [string, string, string])[] = [
  [
    'a module',
    `${IMPORT}const app = Fastify()\napp.register(clerkPlugin)\napp.get('/', handle)`,
    "await app.register(clerkAuth, { acceptsToken: 'any' })\napp.get('/', handle)"
  ],
  [
    'an async function',
    `${IMPORT}export async function build(app) {\n  app.register(clerkPlugin)\n  app.route({ url: '/' })\n}`,
    "  await app.register(clerkAuth, { acceptsToken: 'any' })\n  app.route"
  ],
  [
    'routes of a function',
    `${IMPORT}const app = Fastify()\napp.register(clerkPlugin)\naddRoutes(app)`,
    "await app.register(clerkAuth, { acceptsToken: 'any' })\naddRoutes"
  ],
  [
    'a server in a member',
    `${IMPORT}class A { async start() {\n  this.app.register(clerkPlugin)\n  this.app!.get('/', handle)\n} }`,
    "  await this.app.register(clerkAuth, { acceptsToken: 'any' })\n"
  ],
  [
    'a method that has the server',
    `${IMPORT}class A { async start() {\n  this.app.register(clerkPlugin)\n  this.addRoutes()\n} }`,
    "  await this.app.register(clerkAuth, { acceptsToken: 'any' })\n"
  ],
  [
    'a function that is handed the owner of the server',
    `${IMPORT}class A { async start() {\n  this.app.register(clerkPlugin)\n  addRoutes(this)\n} }`,
    "  await this.app.register(clerkAuth, { acceptsToken: 'any' })\n"
  ],
  [
    'a plugin whose server is this',
    `${IMPORT}export async function plugin() {\n  this.register(clerkPlugin)\n  this.get('/', handle)\n}`,
    "  await this.register(clerkAuth, { acceptsToken: 'any' })\n"
  ],
  [
    'a chain of routes',
    `${IMPORT}app.register(clerkPlugin)\napp.addHook('onSend', f).get('/', handle)`,
    "\nawait app.register(clerkAuth, { acceptsToken: 'any' })\n"
  ]
]

for (const [name, before, after] of AWAITED) {
  t.test(`a registration is awaited where routes follow it: ${name}`, async (t) => {
    t.ok(changed(before).includes(after), changed(before))
  })
}

t.test('a registration is left as it is where no route of its server follows it', async (t) => {
  for (const rest of [
    'app.register(routes)',
    "app.register(async (app) => { app.get('/', handle) })",
    "app.after(() => { app.get('/', handle) })",
    "other.get('/', handle)",
    "app.options('*', handle)",
    'app.listen({ port: 1 })',
    "log('app')",
    'this.addRoutes()'
  ]) {
    const text = `${registered('')}${rest}`
    t.match(migrateText(parse, text, 'app.ts'), { outcome: 'changed', notes: [] }, rest)
    t.equal(changed(text), `${IMPORTED}app.register(clerkAuth, { acceptsToken: 'any' })\n${rest}`)
  }
  t.match(migrateText(parse, `${IMPORT}await app.register(clerkPlugin)\napp.get('/', f)`, 'a.ts'), { notes: [] })
  const member = `${IMPORT}class A { constructor() { this.app.register(clerkPlugin); this.other.get('/', f); this.app.listen() } }`
  t.match(migrateText(parse, member, 'a.ts'), { outcome: 'changed', notes: [] })
})

t.test('routes that may follow a registration of a server in a member are to be looked at', async (t) => {
  const text = `${IMPORT}class A { constructor() { this.app.register(clerkPlugin);\nthis.addRoutes() } }`
  t.match(migrateText(parse, text, 'a.ts'), {
    outcome: 'changed',
    notes: [{ line: 3, message: /^if routes are made/ }]
  })
})

const REFUSED: readonly (readonly [string, string, RegExp])[] = [
  ['a default import', "import clerk from '@clerk/fastify'", /^1: .*not understood/],
  ['a namespace', "\nimport * as clerk from '@clerk/fastify'", /^2: .*not understood/],
  ['an import for its effects', "import '@clerk/fastify'", /^1: .*not understood/],
  ['an export', "export { getAuth } from '@clerk/fastify'", /^1: .*not understood/],
  ['an import at run time', "const a = await import('@clerk/fastify')", /^1: .*not understood/],
  ['a whole require', "const clerk = require('@clerk/fastify')", /^1: .*not understood/],
  ['a require of the rest', "const { getAuth, ...rest } = require('@clerk/fastify')", /^1: .*not understood/],
  ['a mock', "import { getAuth } from '@clerk/fastify'\njest.mock('@clerk/fastify')", /^2: .*not understood/],
  ['a template', 'load(`@clerk/fastify`)', /^1: .*not understood/],
  ['a module declaration', "declare module '@clerk/fastify' {}", /^1: .*not understood/],
  ['webhooks', "import { verifyWebhook } from '@clerk/fastify/webhooks'", /^1: .*body as it was received/],
  [
    'the options by /types',
    "import type { ClerkFastifyOptions } from '@clerk/fastify/types'",
    /^1: .*@clerk\/shared\/types/
  ],
  ['types that are no types', "import { User } from '@clerk/fastify/types'", /^1: .*@clerk\/shared\/types/],
  ['a comment among the names', "import { /* this */ getAuth } from '@clerk/fastify'", /^1: .*comment/],
  [
    'the type of the proxy',
    "import type { FrontendApiProxyOptions } from '@clerk/fastify'",
    /^1: .*fastify-clerk-auth\/proxy/
  ],
  ['the plugin in other hands', `${IMPORT}app.register(fp(clerkPlugin))`, /^2: clerkPlugin is used other/],
  ['the plugin exported', `${IMPORT}export { clerkPlugin }`, /^2: clerkPlugin is used other/],
  [
    'the plugin shadowed',
    `${IMPORT}function f(clerkPlugin) { a.register(clerkPlugin) }`,
    /^2: clerkPlugin is used other/
  ],
  ['options that are a function', registered(', () => ({})'), /^2: options that are a function/],
  ['options that are a function with a type', registered(', (() => ({})) as any'), /^2: options that are a function/],
  ['options with a comma', registered(", (log('x'), o)"), /^2: options that are a list/],
  ['the plugin in parentheses', `${IMPORT}app.register((clerkPlugin))`, /^2: clerkPlugin is used other/],
  ['options that are spread', registered(', ...args'), /^2: clerkPlugin is used other/],
  ['a computed option', registered(', { [name]: 1 }'), /^2: an option whose name is computed/],
  [
    'an option without a counterpart',
    registered(', { jwksCacheTtlInMs: 1 }'),
    /^2: jwksCacheTtlInMs: use jwks\.cacheMaxAgeInMs/
  ],
  ['a proxy by a function', registered(', { frontendApiProxy: { enabled: () => true } }'), /^2: frontendApiProxy: /],
  ['a proxy in a variable', registered(', { frontendApiProxy }'), /^2: frontendApiProxy: /],
  ['a proxy at a path of a variable', registered(', { frontendApiProxy: { enabled: true, path } }'), /^2: frontendApi/],
  [
    'a proxy in a chain',
    `${IMPORT}app.register(a).register(clerkPlugin, { frontendApiProxy: { enabled: true } })`,
    /^2: front/
  ],
  [
    'a proxy without braces',
    `${IMPORT}if (x) app.register(clerkPlugin, { frontendApiProxy: { enabled: true } })`,
    /^2: front/
  ],
  [
    'a proxy whose name is taken',
    `${registered(', { frontendApiProxy: { enabled: true } }')}const frontendApiProxy = 1`,
    /^2: front/
  ],
  [
    'a comment beside an option that has to go',
    registered(', {\n  hookName: 1, // why\n  jwtKey: k\n}'),
    /^3: the option hookName has to go/
  ],
  [
    'a client without a registration',
    'export const h = (request) => request.clerk.users',
    /^1: there is no place for a client/
  ],
  [
    'a client outside of the block',
    `${IMPORT}function a() { app.register(clerkPlugin) }\nconst h = (request) => request.clerk`,
    /^3: there is no place/
  ],
  [
    'a client before the registration',
    `${IMPORT}const h = (request) => request.clerk\napp.register(clerkPlugin)`,
    /^2: there is no place/
  ],
  [
    'a client of a returned registration',
    `${IMPORT}const a = () => app.register(clerkPlugin)\nconst h = (req) => req.clerk`,
    /^3: there is no place/
  ],
  [
    'a client whose name is taken',
    `${IMPORT}app.register(clerkPlugin)\nconst clerkClient = 1\nconst h = (req) => req.clerk`,
    /^4: clerkClient is a name/
  ],
  [
    'a client taken apart',
    `${IMPORT}app.register(clerkPlugin)\napp.get('/', ({ clerk }) => clerk.users)`,
    /^3: clerk is taken out/
  ],
  [
    'a client of another name',
    `${IMPORT}app.register(clerkPlugin)\napp.get('/', (r) => r.clerk.users)`,
    /^3: r\.clerk is not understood/
  ],
  [
    'an assignment',
    `${IMPORT}app.register(clerkPlugin)\nfunction f(req) { req.clerk = 1 }`,
    /^3: req\.clerk is assigned/
  ],
  [
    'an option that has to go from a variable with other uses',
    `${IMPORT}const o = { telemetry: false }\ncreateClient(o)\napp.register(clerkPlugin, o)`,
    /^2: telemetry is no option here, and o has other uses/
  ],
  [
    'an option without a counterpart, in a variable',
    `${IMPORT}const o = { jwksCacheTtlInMs: 1 }\napp.register(clerkPlugin, o)`,
    /^2: jwksCacheTtlInMs: use jwks/
  ],
  [
    'an option that is assigned',
    `${IMPORT}const o = {}\no.hookName = 'preHandler'\napp.register(clerkPlugin, o)`,
    /^3: hookName is no option here/
  ],
  [
    'routes after a registration in CommonJS',
    "const { clerkPlugin } = require('@clerk/fastify')\napp.register(clerkPlugin)\napp.get('/', handle)",
    /^3: this route is made before the plugin has loaded, .*FST_CLERK_EARLY_ROUTES\): await/
  ],
  [
    'routes after a registration in a function that is not async',
    `${IMPORT}function build(app) {\n  app.register(clerkPlugin)\n  app.get('/', handle)\n}`,
    /^4: this route is made before the plugin has loaded/
  ],
  [
    'routes in the chain of the registration',
    `${IMPORT}app.register(clerkPlugin).get('/', handle)`,
    /^2: this route is made before the plugin has loaded/
  ],
  [
    'routes of a member in a function that is not async',
    `${IMPORT}class A { constructor() {\n  this.app.register(clerkPlugin)\n  this.app.get('/', handle)\n} }`,
    /^4: this route is made before the plugin has loaded/
  ],
  [
    'routes before the registration',
    `${IMPORT}app.get('/', handle)\nawait app.register(clerkPlugin)`,
    /^2: this route is made before the plugin is registered/
  ],
  ['no program', "import { getAuth } from '@clerk/fastify'\nconst = 1", /^2: the file cannot be parsed/]
]

for (const [name, text, message] of REFUSED) {
  t.test(`refused: ${name}`, async (t) => {
    const refusals = refused(text)
    t.equal(refusals.length, 1, refusals.join('\n'))
    t.match(refusals[0], message)
  })
}
