import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import { readRouteTree } from '../../plugin/route-tree.js'
import { scopesInside } from '../../plugin/scopes.js'
import type { AppFacts } from './app-facts.js'
import { importModule } from './import-module.js'
import { codeOf } from './input-error.js'

/** Runs in a process of its own: loads the application, sends what it has seen to the parent, and ends. */
export async function examineAppHere(file: string): Promise<void> {
  process.on('uncaughtException', (error) => send(failure(error)))
  const facts = await examine(file).catch(failure)
  await send(facts)
}

/** What the application has opened would keep the process alive. */
function send(facts: AppFacts): Promise<void> {
  return new Promise(() => process.send?.(facts, () => process.exit(0)))
}

function failure(error: unknown): AppFacts {
  const code = codeOf(error)
  const isOwn = error instanceof Error && code?.startsWith('FST_CLERK_') === true
  return {
    kind: 'failed',
    name: error instanceof Error ? error.constructor.name : typeof error,
    code,
    message: isOwn ? error.message : null
  }
}

async function examine(file: string): Promise<AppFacts> {
  const app = await serverOf(await importModule(pathToFileURL(resolve(file)).href), file)
  if (app === null) return { kind: 'not-a-server' }
  await app.ready()
  return describe(app)
}

/** Names under which modules export a server or the function that makes one. */
const EXPORTS = ['default', 'app', 'fastify', 'server', 'build', 'buildApp', 'buildServer', 'createApp', 'createServer']

async function serverOf(module: Readonly<Record<string, unknown>>, file: string): Promise<FastifyInstance | null> {
  const standard = module.default
  // The exports of a CommonJS module are its default export.
  const places = isObject(standard) && !isServer(standard) ? [standard, module] : [module]
  const exported = places.flatMap((place) => EXPORTS.map((name) => place[name])).filter((value) => value !== undefined)
  const found = exported.find((value) => isServer(value) || typeof value === 'function')
  if (isServer(found)) return found
  if (typeof found !== 'function') return null
  if (found.length >= 2) return registered(found as FastifyPluginAsync, file)
  const made: unknown = await (found as (options: object) => unknown)({})
  return isServer(made) ? made : null
}

/** A plugin, as fastify-cli starts one: registered on a server of the application's own Fastify. */
async function registered(plugin: FastifyPluginAsync, file: string): Promise<FastifyInstance> {
  const fastify = createRequire(resolve(file))('fastify') as () => FastifyInstance
  const server = fastify()
  server.register(plugin)
  return server
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

function isServer(value: unknown): value is FastifyInstance {
  return isObject(value) && ['ready', 'printRoutes', 'hasDecorator'].every((name) => typeof value[name] === 'function')
}

function describe(app: FastifyInstance): AppFacts {
  const scopes = scopesWithPlugin(app)
  const covered = scopes.flatMap((scope) => scope.clerk.routes())
  const open = covered
    .filter(({ policy }) => policy === 'open')
    .flatMap(({ method, url }) => method.split(',').map((each) => `${each} ${url}`))
  const known = new Set(covered.flatMap(({ method, url }) => method.split(',').map((each) => `${each} ${url}`)))
  const isEverywhere = scopes.includes(app)
  const others = isEverywhere || scopes.length === 0 ? [] : readRouteTree(app.printRoutes())
  return {
    kind: 'ready',
    hasPlugin: scopes.length > 0,
    open: withoutImplied(open),
    uncovered: withoutImplied(others.map(({ method, url }) => `${method} ${url}`).filter((route) => !known.has(route)))
  }
}

/** Scopes where the plugin is registered, whichever copy of the package the application has. */
function scopesWithPlugin(scope: FastifyInstance): readonly FastifyInstance[] {
  return scope.hasDecorator('clerk') ? [scope] : scopesInside(scope).flatMap(scopesWithPlugin)
}

/** Fastify adds HEAD to each GET, and routes for OPTIONS answer preflights. */
function withoutImplied(routes: readonly string[]): readonly string[] {
  const all = new Set(routes)
  return [...all].filter((route) => {
    const [method = '', url = ''] = route.split(' ')
    return method !== 'OPTIONS' && !(method === 'HEAD' && all.has(`GET ${url}`))
  })
}
