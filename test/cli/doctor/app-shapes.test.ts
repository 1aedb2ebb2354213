import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { createLocalClerk } from '../../../src/local/index.js'
import { root } from '../../docs/manual.js'
import { assertNothingLeaked, report, secret } from '../../fixtures/doctor.js'

// The shapes in which a module may export an application, each with one open route that shows that it was started.

t.setTimeout(110_000)

const clerk = await createLocalClerk({
  instanceType: 'production',
  frontendApi: 'clerk.example.com'
})
// Below the repository, where `fastify` is found.
const folder = mkdtempSync(join(root, '.build', 'doctor-shapes-'))
t.teardown(async () => {
  rmSync(folder, { recursive: true })
  await clerk.close()
})
const env = {
  CLERK_PUBLISHABLE_KEY: clerk.publishableKey,
  CLERK_SECRET_KEY: secret(clerk.secretKey)
}
const index = new URL('../../../src/index.js', import.meta.url)

let files = 0
function file(body: string, extension: 'mjs' | 'cjs'): string {
  const path = join(folder, `${++files}.${extension}`)
  writeFileSync(path, body)
  return path
}

const PLUGIN = `{
  await fastify.register(clerkAuth, { jwks: { warmUp: false } })
  fastify.get('/open', () => 'open')
}`
const SERVER = `{
  const fastify = Fastify()
  await fastify.register(clerkAuth, { jwks: { warmUp: false } })
  fastify.get('/open', () => 'open')
  return fastify
}`
const esm = (body: string) =>
  file(
    `import Fastify from 'fastify'
import fp from 'fastify-plugin'
import clerkAuth from ${JSON.stringify(index.href)}
${body}`,
    'mjs'
  )
const cjs = (body: string) =>
  file(
    `const Fastify = require('fastify')
const fp = require('fastify-plugin')
const { default: clerkAuth } = require(${JSON.stringify(index.pathname)})
${body}`,
    'cjs'
  )

const STARTED: Readonly<Record<string, string>> = {
  'a plugin of one parameter': esm(`export default async function (fastify) ${PLUGIN}`),
  'a plugin whose options have a default': esm(`export default async function (fastify, opts = {}) ${PLUGIN}`),
  'a plugin of two parameters': esm(`export default async function (fastify, opts) ${PLUGIN}`),
  'a plugin with a callback': esm(
    `export default function (fastify, opts, done) { (async () => ${PLUGIN})().then(() => done(), done) }`
  ),
  'a plugin of one parameter that is no async function': esm(
    `export default (fastify) => { fastify.register(fp(async (fastify) => ${PLUGIN})) }`
  ),
  'a plugin of one parameter, wrapped by fastify-plugin': esm(`export default fp(async (fastify) => ${PLUGIN})`),
  'a plugin that hands on its arguments': esm(`export default (...all) => (async (fastify) => ${PLUGIN})(...all)`),
  'a plugin that refuses what is no server': esm(`export default async function (fastify) {
  if (fastify.version === undefined) throw new Error('no server')
  await (async () => ${PLUGIN})()
}`),
  'a plugin under the name app': esm(`export const app = async (fastify) => ${PLUGIN}`),
  'CommonJS: a plugin of one parameter': cjs(`module.exports = async (fastify) => ${PLUGIN}`),
  'CommonJS: a plugin and its options': cjs(`module.exports = async function (fastify, opts) ${PLUGIN}
module.exports.options = { trustProxy: true }`),
  'CommonJS: the output of TypeScript': cjs(`Object.defineProperty(exports, '__esModule', { value: true })
const app = async (fastify) => ${PLUGIN}
exports.app = app
exports.default = app`),
  'CommonJS: a server': cjs(`const fastify = Fastify()
fastify.register(clerkAuth, { jwks: { warmUp: false } }).after(() => fastify.get('/open', () => 'open'))
module.exports = fastify`),
  'a factory of one parameter': esm(`export default async function build(options) ${SERVER}`),
  'a factory whose options have a default': esm(`export async function buildServer(options = {}) ${SERVER}`),
  'a factory that returns more than the server': esm(
    `export async function createApp() { return { app: await (async () => ${SERVER})(), stop() {} } }`
  ),
  'CommonJS: a factory': cjs(`module.exports = { build: async () => ${SERVER} }`),
  'a promise of the server': esm(`export default (async () => ${SERVER})()`)
}

t.test('each is started, and its routes are looked at', async (t) => {
  for (const [name, path] of Object.entries(STARTED)) {
    const { status, text, json } = await report(['--app', path, '--offline'], {
      env
    })
    const [first] = json.causes
    t.match(first, { cause: 'routes-open', message: /answer everybody\. GET \/open\.$/ }, name)
    t.equal(status, 0, name)
    t.equal(text.stderr, '', name)
  }
})

const FAILING: Readonly<Record<string, readonly [path: string, first: string, says: RegExp]>> = {
  'a plugin of one parameter that fails': [
    esm(`export default async function (fastify) { fastify.get('/open', () => 'open'); throw new RangeError('no') }`),
    'app-fails',
    /RangeError/
  ],
  'a plugin of one parameter without ours': [
    esm(`export default async function (fastify) { fastify.get('/open', () => 'open') }`),
    'plugin-missing',
    /does not register/
  ],
  'a plugin of one parameter that registers ours too late': [
    esm(
      `export default async function (fastify) { fastify.get('/early', () => 'open'); await fastify.register(clerkAuth) }`
    ),
    'FST_CLERK_EARLY_ROUTES',
    /GET \/early/
  ],
  'a factory of one parameter that fails': [
    esm(`export default async function build(options) { throw new RangeError('no') }`),
    'app-fails',
    /RangeError/
  ],
  'a factory that fails by an error of ours': [
    esm(`export default async function build(options) {
  const fastify = Fastify()
  await fastify.register(clerkAuth, { jwks: { warmUp: false }, handshak: true })
  return fastify
}`),
    'FST_CLERK_OPTION_UNKNOWN',
    /handshak/
  ]
}

t.test('each that fails is named by its own error', async (t) => {
  for (const [name, [path, first, says]] of Object.entries(FAILING)) {
    const { status, json } = await report(['--app', path, '--offline'], {
      env
    })
    t.equal(json.causes[0]?.cause, first, name)
    t.match(json.causes[0]?.message, says, name)
    t.equal(status, 1, name)
  }
})

t.test('no output holds a secret', async (t) => assertNothingLeaked(t))
