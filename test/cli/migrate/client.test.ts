import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { migrateText } from '../../../src/cli/migrate/migrate.js'
import { loadParser } from '../../../src/cli/migrate/syntax.js'
import { root } from '../../docs/manual.js'

// A program with a client of `@clerk/fastify`, and the program that migrate makes of it, are run in the same environment: their
// calls go to the same places with the same credentials.

const PUBLISHABLE_KEY = `pk_test_${btoa('calm-cat-1.clerk.accounts.dev$')}`
const REQUIRED = { CLERK_SECRET_KEY: 'sk_test_environment', CLERK_PUBLISHABLE_KEY: PUBLISHABLE_KEY }
const NAMES = ['CLERK_API_URL', 'CLERK_API_VERSION', 'CLERK_MACHINE_SECRET_KEY', 'CLERK_JWT_KEY']
const ALL = {
  CLERK_API_URL: 'https://api.example.com/clerk',
  CLERK_API_VERSION: 'v2',
  CLERK_MACHINE_SECRET_KEY: 'ak_environment',
  CLERK_JWT_KEY: 'MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A'
}
const ENVIRONMENTS: Readonly<Record<string, NodeJS.ProcessEnv>> = {
  'no variable': {},
  'variables that are empty': Object.fromEntries(NAMES.map((name) => [name, ''])),
  'every variable': ALL
}

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
const TOKEN = `${encode({ alg: 'RS256', typ: 'JWT', kid: 'k' })}.${encode({ sub: 'user_1', exp: 4_000_000_000, iat: 1 })}.c2ln`
const BEARER = `new Request('https://app.example.com', { headers: { authorization: 'Bearer ${TOKEN}' } })`

/** Calls whose answers do not matter: of the Backend API, with the key of a machine, and for keys. */
const CALLS = (client: string) => `
  await ${client}.users.getUser('user_1').catch(() => {})
  await ${client}.m2m.createToken().catch(() => {})
  await ${client}.authenticateRequest(${BEARER}, { publishableKey: '${PUBLISHABLE_KEY}' })
`

const onRequests = (options: string) => `import Fastify from 'fastify'
import { clerkPlugin } from '@clerk/fastify'
const app = Fastify()
await app.register(clerkPlugin${options})
app.get('/', async (request) => {${CALLS('request.clerk')}})
await app.inject('/')
`

const PROGRAMS: Readonly<Record<string, string>> = {
  clerkClient: `import { clerkClient } from '@clerk/fastify'\n${CALLS('clerkClient')}`,
  'request.clerk': onRequests(''),
  'request.clerk, with options': onRequests(
    ", { secretKey: 'sk_test_option', apiUrl: 'https://option.example.com', apiVersion: 'v3' }"
  ),
  'request.clerk, with a spread': onRequests(", { ...{ secretKey: 'sk_test_option' } }")
}

const RECORD = `data:text/javascript,${encodeURIComponent(`
  globalThis.fetch = async (url, { method = 'GET', headers } = {}) => {
    const of = new Headers(headers)
    console.log(method, String(url), of.get('authorization'), of.get('clerk-api-version'), of.get('content-type'))
    return Response.json({ keys: [] })
  }
`)}`

const parse = await loadParser()

function migrated(program: string): string {
  const migration = migrateText(parse, program, 'app.mjs')
  if (migration.outcome !== 'changed') throw new Error(JSON.stringify(migration))
  // The plugin of this package has calls of its own, which are not the client's.
  return migration.text.replace("import clerkAuth from 'fastify-clerk-auth'", 'const clerkAuth = async () => {}')
}

// Below the packages that the programs import.
const folder = mkdtempSync(join(root, '.build/migrate-'))
t.teardown(() => rmSync(folder, { recursive: true }))

/** Writes a program that runs these, each with its name before its calls. */
function write(name: string, programs: readonly (readonly [string, string])[]): string {
  const lines = programs.map(([client, program], index) => {
    writeFileSync(join(folder, `${name}-${index}.mjs`), program)
    return `console.log('${client}')\nawait import('./${name}-${index}.mjs')\n`
  })
  const path = join(folder, `${name}.mjs`)
  writeFileSync(path, lines.join(''))
  return path
}

const BEFORE = write('before', Object.entries(PROGRAMS))
const AFTER = write(
  'after',
  Object.entries(PROGRAMS).map(([client, program]) => [client, migrated(program)])
)

async function callsOf(path: string, env: NodeJS.ProcessEnv): Promise<readonly string[]> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', RECORD, path], {
    env: { PATH: process.env.PATH, ...REQUIRED, ...env }
  })
  return stdout.trimEnd().split('\n')
}

for (const [environment, env] of Object.entries(ENVIRONMENTS)) {
  t.test(`${environment}: the calls are the same`, async (t) => {
    const calls = await callsOf(BEFORE, env)
    t.equal(calls.filter((call) => call.includes('/users/user_1 Bearer sk_test_')).length, 4)
    t.strictSame(await callsOf(AFTER, env), calls)
  })
}
