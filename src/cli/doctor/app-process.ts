import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import { showsAuthentication } from '../../plugin/hook-name.js'
import { readRouteTree } from '../../plugin/route-tree.js'
import { scopesInside } from '../../plugin/scopes.js'
import { APP_FACTS, type AppFacts } from './app-facts.js'
import { importModule } from './import-module.js'
import { codeOf, nameOf } from './input-error.js'

/** Runs in a process of its own: loads the application, sends what it has seen to the parent, and ends. */
export async function examineAppHere(file: string): Promise<void> {
  process.on('uncaughtException', (error) => send(failure(error)))
  // A promise that never settles keeps no process alive: Node would end it without a word, and with success.
  process.once('beforeExit', () => send({ kind: 'failed', name: NEVER, code: null, message: null }))
  const facts = await examine(file).catch(failure)
  await send(facts)
}

const NEVER = 'a promise that never settles'

/** What the application has opened would keep the process alive. */
function send(facts: AppFacts): Promise<void> {
  return new Promise(() => process.send?.({ [APP_FACTS]: facts }, () => process.exit(0)))
}

function failure(error: unknown): AppFacts {
  const code = codeOf(error)
  const isOwn = error instanceof Error && code?.startsWith('FST_CLERK_') === true
  return { kind: 'failed', name: nameOf(error), code, message: isOwn ? error.message : null }
}

async function examine(file: string): Promise<AppFacts> {
  const exported = exportedBy(await importModule(pathToFileURL(resolve(file)).href))
  const server = exported instanceof Promise ? await serverIn(exported) : exported
  if (isServer(server)) return start(server)
  return typeof server === 'function' ? startBy(server as AppFunction, file) : { kind: 'not-a-server' }
}

async function start(server: FastifyInstance): Promise<AppFacts> {
  await server.ready()
  return describe(server)
}

/** Names under which modules export a server or the function that makes one. */
const EXPORTS = ['default', 'app', 'fastify', 'server', 'build', 'buildApp', 'buildServer', 'createApp', 'createServer']

/** The server, a promise of it or the function that a module exports; undefined: none of these. */
function exportedBy(module: Readonly<Record<string, unknown>>): unknown {
  const standard = module.default
  // The exports of a CommonJS module are its default export.
  const places = isObject(standard) && !isServer(standard) ? [standard, module] : [module]
  const exported = places.flatMap((place) => EXPORTS.map((name) => place[name]))
  return exported.find((value) => isServer(value) || typeof value === 'function' || value instanceof Promise)
}

type AppFunction = ((options: object) => unknown) & FastifyPluginAsync

/**
 * A factory and a plugin of one parameter look alike. It is called as a factory first: a plugin that gets an empty object
 * for its server fails at once, or returns no server, and is then registered on one.
 */
async function startBy(make: AppFunction, file: string): Promise<AppFacts> {
  if (isPlugin(make)) return startPlugin(make, file)
  let problem: unknown
  try {
    const server = await serverIn(make({}))
    if (server !== undefined) return start(server)
    // Without a parameter it cannot be a plugin that has succeeded: nothing could have been registered.
    if (make.length === 0) return { kind: 'not-a-server' }
  } catch (error) {
    // An error of the plugin comes from a server, which an empty object is not.
    if (codeOf(error)?.startsWith('FST_CLERK_') === true) throw error
    // A plugin may hand on whatever it gets: it has no parameter then.
    if (make.length === 0 && !(error instanceof TypeError)) throw error
    problem = error
  }
  const facts = await startPlugin(make, file).catch(failure)
  const isGood = facts.kind === 'ready' && facts.hasPlugin
  // A factory that gets a server for its options fails in its own way: the first error is the one to mend.
  if (!isGood && problem !== undefined && !(problem instanceof TypeError)) throw problem
  return facts
}

/** By the parameters of a plugin, or as `fastify-plugin` marks it. */
function isPlugin(make: AppFunction): boolean {
  const marks = make as unknown as Readonly<Record<symbol, unknown>>
  return make.length >= 2 || ['skip-override', 'plugin-meta'].some((mark) => marks[Symbol.for(mark)] !== undefined)
}

/** As `fastify-cli` starts one: registered on a server of the application's own Fastify. */
function startPlugin(plugin: FastifyPluginAsync, file: string): Promise<AppFacts> {
  const fastify = createRequire(resolve(file))('fastify') as () => FastifyInstance
  const server = fastify()
  server.register(plugin)
  return start(server)
}

/** A server, or the server that an object has under one of the usual names. */
async function serverIn(made: unknown): Promise<FastifyInstance | undefined> {
  // A server is a promise too, and is not to be waited for yet.
  const value = isServer(made) ? made : await made
  if (isServer(value)) return value
  return isObject(value) ? EXPORTS.map((name) => value[name]).find(isServer) : undefined
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

function isServer(value: unknown): value is FastifyInstance {
  return isObject(value) && ['ready', 'printRoutes', 'hasDecorator'].every((name) => typeof value[name] === 'function')
}

function describe(app: FastifyInstance): AppFacts {
  const scopes = scopesWithPlugin(app)
  const open = scopes
    .flatMap((scope) => scope.clerk.routes())
    .filter(({ policy }) => policy === 'open')
    .flatMap(({ method, url }) => method.split(',').map((each) => `${each} ${url}`))
  const isInScopes = scopes.length > 0 && !scopes.includes(app)
  const routes = isInScopes ? readRouteTree(app.printRoutes({ includeMeta: ['onRequest'] })) : []
  const uncovered = routes.filter(({ hooks }) => !showsAuthentication(hooks))
  // A router option of the application may print other things than hooks: nothing is known then.
  const isLegible = uncovered.length < routes.length
  return {
    kind: 'ready',
    hasPlugin: scopes.length > 0,
    open: withoutImplied(open),
    uncovered: isLegible ? withoutImplied(uncovered.map(({ method, url }) => `${method} ${url}`)) : []
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
