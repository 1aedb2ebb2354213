import cors from '@fastify/cors'
import Fastify, { type FastifyInstance, type FastifyPluginAsync, type RouteOptions } from 'fastify'
import fp from 'fastify-plugin'
import t from 'tap'
import audit, { type AuditSink } from '../../src/audit/index.js'
import clerkAuth, { authorize, guarded, type PluginOptions, requireAuth } from '../../src/index.js'
import { createLocalClerk, type LocalClerk } from '../../src/local/index.js'
import { signingKey } from '../fixtures/app.js'

// However an application is written, a stranger gets nothing of a guarded route: it is refused, or nothing starts.

const SECRET = 'secret'
const sink: AuditSink = { name: 'none', open: async () => {}, close: async () => {}, write: async () => {} }

interface Way {
  readonly way: string
  readonly write: (app: FastifyInstance, options: PluginOptions) => void | Promise<void>
  readonly defaultDeny?: true
  /** Status of `GET /me` for a stranger and for a user. */
  readonly answers?: readonly [stranger: number, user: number]
  /** The error that keeps the server from starting, and what its message names. */
  readonly refuses?: readonly [code: string, message: RegExp]
  /** How the route is printed. */
  readonly prints?: string
}

const decorated = (app: FastifyInstance) => app.get('/me', { onRequest: app.requireAuth }, () => SECRET)
const imported = (app: FastifyInstance) => app.get('/me', { onRequest: requireAuth }, () => SECRET)
const unguarded = (app: FastifyInstance) => app.get('/me', () => SECRET)
const scope =
  (routes: (app: FastifyInstance) => unknown): FastifyPluginAsync =>
  async (app) =>
    void routes(app)

const EARLY = ['FST_CLERK_EARLY_ROUTES', /: GET \/me\. /] as const
const UNDEFINED = ['FST_CLERK_UNDEFINED_HOOK', /: GET \/me\. .*fastify-plugin/] as const
/** As JavaScript has it: TypeScript knows no such property. */
const misspelt = (app: FastifyInstance) => (app as unknown as Record<'requireAuht', typeof requireAuth>).requireAuht
const passing = async () => {}
const ALONE = ['FST_CLERK_NO_ROUTES', /fastify-plugin/] as const
const OUTSIDE = ['FST_CLERK_GUARD_OUTSIDE', /: GET \/me\. .*fastify-plugin/] as const

/** The plugin in a scope that also has a route, as a file in `plugins/` may have. */
const covering =
  (options: PluginOptions): FastifyPluginAsync =>
  async (app) => {
    await app.register(clerkAuth, options)
    app.get('/status', () => 'ok')
  }

const WAYS: readonly Way[] = [
  {
    way: 'await register, routes after it',
    async write(app, options) {
      await app.register(clerkAuth, options)
      decorated(app)
    },
    answers: [401, 200],
    prints: 'required  GET   /me  session_token'
  },
  {
    way: 'register without await, routes in the next plugin',
    write(app, options) {
      app.register(clerkAuth, options)
      app.register(scope(decorated))
    },
    answers: [401, 200]
  },
  {
    way: 'register without await, routes in after()',
    write(app, options) {
      app.register(clerkAuth, options)
      app.after(() => void decorated(app))
    },
    answers: [401, 200]
  },
  {
    way: 'plugins/auth.js with fastify-plugin around it, routes/me.js',
    write(app, options) {
      app.register(fp(async (inner) => void inner.register(clerkAuth, options)))
      app.register(scope(decorated))
    },
    answers: [401, 200]
  },
  {
    way: 'plugins/auth.js without fastify-plugin, routes/me.js',
    write(app, options) {
      app.register(async (inner) => void (await inner.register(clerkAuth, options)))
      app.register(scope(decorated))
    },
    refuses: ALONE
  },
  {
    way: 'plugins/auth.js without fastify-plugin, imported guard',
    write(app, options) {
      app.register(async (inner) => void (await inner.register(clerkAuth, options)))
      app.register(scope(imported))
    },
    refuses: ALONE
  },
  {
    way: 'plugins/auth.js without fastify-plugin, with @fastify/cors in it',
    write(app, options) {
      app.register(async (inner) => {
        await inner.register(cors)
        await inner.register(clerkAuth, options)
      })
      app.register(scope(decorated))
    },
    refuses: ALONE
  },
  {
    way: 'a scope with the plugin and a route; imported guard elsewhere',
    write(app, options) {
      app.register(covering(options))
      app.register(scope(imported))
    },
    refuses: OUTSIDE
  },
  {
    way: 'a scope with the plugin and a route; decorated guard in the next plugin',
    write(app, options) {
      app.register(covering(options))
      app.register(scope(decorated))
    },
    refuses: OUTSIDE
  },
  {
    way: 'a scope with the plugin and a route, awaited; decorated guard on the server',
    async write(app, options) {
      await app.register(covering(options))
      decorated(app)
    },
    refuses: OUTSIDE
  },
  {
    way: 'a scope with the plugin and a route; decorated guard in after()',
    write(app, options) {
      app.register(covering(options))
      app.after(() => void decorated(app))
    },
    refuses: OUTSIDE
  },
  {
    way: 'a scope with the plugin and a route; decorated guard on the server right after, without await',
    write(app, options) {
      app.register(covering(options))
      decorated(app)
    },
    refuses: UNDEFINED
  },
  {
    way: 'a scope with the plugin and a route; decorated guard in the plugin before it',
    write(app, options) {
      app.register(scope(decorated))
      app.register(covering(options))
    },
    refuses: UNDEFINED
  },
  {
    way: 'a scope with the plugin and a route; decorated guard on the server before it, awaited',
    async write(app, options) {
      decorated(app)
      await app.register(covering(options))
    },
    refuses: UNDEFINED
  },
  {
    way: 'a scope with the plugin and a route; imported guard before it',
    async write(app, options) {
      imported(app)
      await app.register(covering(options))
    },
    refuses: OUTSIDE
  },
  {
    way: 'a scope with the plugin and a route; the scope of the decorated guard was made before it',
    async write(app, options) {
      let earlier = app
      await app.register(async (inner) => {
        earlier = inner
      })
      await app.register(covering(options))
      decorated(earlier)
    },
    refuses: OUTSIDE
  },
  {
    way: 'a scope with the plugin and a route inside another; decorated guard in the outer scope',
    async write(app, options) {
      await app.register(async (outer) => {
        await outer.register(covering(options))
        decorated(outer)
      })
    },
    refuses: OUTSIDE
  },
  {
    way: 'a scope with the plugin and a route inside another; decorated guard on the server',
    async write(app, options) {
      await app.register(async (outer) => void (await outer.register(covering(options))))
      decorated(app)
    },
    refuses: OUTSIDE
  },
  {
    way: 'a scope with the plugin and a route; decorated authorize elsewhere',
    write(app, options) {
      app.register(covering(options))
      app.register(
        scope((inner) => inner.get('/me', { onRequest: inner.authorize({ role: 'org:admin' }) }, () => SECRET))
      )
    },
    refuses: OUTSIDE
  },
  {
    way: 'a scope with the plugin and a route; decorated guard as a hook of another scope',
    write(app, options) {
      app.register(covering(options))
      app.register(
        scope((inner) => {
          inner.addHook('preHandler', inner.requireAuth)
          unguarded(inner)
        })
      )
    },
    refuses: OUTSIDE
  },
  {
    way: 'a scope with the plugin and a route; decorated guard called by hand elsewhere',
    write(app, options) {
      app.register(covering(options))
      app.register(
        scope((inner) => {
          inner.addHook('onRequest', async (request, reply) => await inner.requireAuth(request, reply))
          unguarded(inner)
        })
      )
    },
    answers: [500, 500]
  },
  {
    way: 'a scope with the plugin and a route; getDecorator elsewhere',
    write(app, options) {
      app.register(covering(options))
      app.register(
        scope((inner) => inner.get('/me', { onRequest: inner.getDecorator('requireAuth') as never }, () => SECRET))
      )
    },
    refuses: OUTSIDE
  },
  {
    way: 'a scope with the plugin and a route; another has the plugin too, and a guard stands outside of both',
    write(app, options) {
      app.register(covering(options))
      app.register(async (inner) => {
        await inner.register(clerkAuth, options)
        inner.get('/two', { onRequest: inner.requireAuth }, () => 'ok')
      })
      app.register(scope(decorated))
    },
    refuses: OUTSIDE
  },
  {
    way: 'a scope with the plugin and a guarded route; public routes before, beside and after it',
    async write(app, options) {
      app.get('/health', () => 'ok')
      app.register(scope((inner) => inner.get('/docs', { onRequest: (_request, _reply, done) => done() }, () => 'ok')))
      await app.register(async (inner) => {
        await inner.register(clerkAuth, options)
        decorated(inner)
      })
      app.get('/about', () => 'ok')
    },
    answers: [401, 200]
  },
  {
    way: 'a scope with the plugin; around it, guards of the same names that are not ours',
    async write(app, options) {
      await app.register(async (inner) => {
        await inner.register(clerkAuth, options)
        decorated(inner)
      })
      const another = ((_request: unknown, _reply: unknown, done: () => void) => done()) as never
      app.decorate('requireAuth', another)
      app.register(async (inner) => {
        inner.decorate('authorize', another)
        inner.get('/other', { onRequest: inner.requireAuth }, () => 'ok')
      })
    },
    answers: [401, 200]
  },
  {
    way: 'two scopes with the plugin, side by side, decorated guards in both; one allows an undefined hook',
    async write(app, options) {
      await app.register(async (inner) => {
        inner.get('/optional', { onRequest: undefined } as object, () => 'ok')
        await inner.register(clerkAuth, { ...options, earlyRoutes: ['/optional'] })
        inner.get('/one', { onRequest: inner.requireAuth }, () => SECRET)
      })
      await app.register(async (inner) => {
        await inner.register(clerkAuth, options)
        decorated(inner)
      })
    },
    answers: [401, 200]
  },
  {
    way: 'a scope with the plugin; before it a route with an undefined hook that is allowed by name',
    async write(app, options) {
      app.get('/health', { preHandler: undefined } as object, () => 'ok')
      await app.register(async (inner) => {
        await inner.register(clerkAuth, { ...options, earlyRoutes: ['/health'] })
        decorated(inner)
      })
    },
    answers: [401, 200]
  },
  {
    way: 'a scope with the plugin; before it public routes that say of an undefined hook that there is none',
    async write(app, options) {
      app.get('/none', { preHandler: [] }, () => 'ok')
      app.get('/public', { preHandler: undefined, config: { clerk: { public: true } } } as object, () => 'ok')
      app.get('/off', { preHandler: undefined, config: { clerk: false } } as object, () => 'ok')
      await app.register(async (inner) => {
        await inner.register(clerkAuth, options)
        decorated(inner)
      })
    },
    answers: [401, 200]
  },
  {
    way: 'a scope with the plugin; after it, around it, a route of another plugin with an undefined hook',
    async write(app, options) {
      await app.register(async (inner) => {
        await inner.register(clerkAuth, options)
        decorated(inner)
      })
      app.get('/around', { preHandler: undefined } as object, () => 'ok')
    },
    answers: [401, 200]
  },
  {
    way: 'a misspelt guard',
    async write(app, options) {
      await app.register(clerkAuth, options)
      app.get('/me', { onRequest: misspelt(app) }, () => SECRET)
    },
    refuses: UNDEFINED
  },
  {
    way: 'a misspelt guard in preHandler, next to a hook of another purpose',
    async write(app, options) {
      await app.register(clerkAuth, options)
      app.get('/me', { onRequest: passing, preHandler: misspelt(app) }, () => SECRET)
    },
    refuses: UNDEFINED
  },
  {
    way: 'a misspelt guard in a scope that was made before the plugin',
    async write(app, options) {
      let earlier = app
      await app.register(async (inner) => {
        earlier = inner
      })
      await app.register(clerkAuth, options)
      earlier.get('/me', { onRequest: misspelt(earlier) }, () => SECRET)
    },
    refuses: UNDEFINED
  },
  {
    way: 'a misspelt guard in a list',
    async write(app, options) {
      await app.register(clerkAuth, options)
      app.get('/me', { onRequest: [misspelt(app)] }, () => SECRET)
    },
    refuses: ['FST_ERR_HOOK_INVALID_HANDLER', /onRequest/]
  },
  {
    way: 'a misspelt guard as a hook of the scope',
    async write(app, options) {
      await app.register(clerkAuth, options)
      app.addHook('onRequest', misspelt(app))
      unguarded(app)
    },
    refuses: ['FST_ERR_HOOK_INVALID_HANDLER', /onRequest/]
  },
  {
    way: 'a misspelt guard on a route to which a plugin that is registered before adds a hook',
    async write(app, options) {
      app.addHook('onRoute', (route) => {
        route.onRequest = [...[route.onRequest ?? []].flat(), passing] as never
      })
      await app.register(clerkAuth, options)
      app.get('/me', { onRequest: misspelt(app) }, () => SECRET)
    },
    refuses: UNDEFINED
  },
  {
    way: 'a misspelt guard in a scope with a guard',
    async write(app, options) {
      await app.register(clerkAuth, options)
      app.addHook('onRequest', requireAuth)
      app.get('/me', { preHandler: misspelt(app) }, () => SECRET)
    },
    answers: [401, 200]
  },
  {
    way: 'a misspelt guard, defaultDeny',
    defaultDeny: true,
    async write(app, options) {
      await app.register(clerkAuth, options)
      app.get('/me', { onRequest: misspelt(app) }, () => SECRET)
    },
    answers: [401, 200],
    prints: 'required  GET   /me  session_token'
  },
  {
    way: 'no guard under a condition, written as an empty list',
    async write(app, options) {
      await app.register(clerkAuth, options)
      const isGuarded = false
      app.get('/me', { onRequest: isGuarded ? requireAuth : [] }, () => SECRET)
    },
    answers: [200, 200],
    prints: 'open  GET   /me  session_token'
  },
  {
    way: 'an undefined hook on routes whose config.clerk says that they are public',
    async write(app, options) {
      await app.register(clerkAuth, options)
      app.get('/off', { onRequest: undefined, config: { clerk: false } } as object, () => 'ok')
      app.get('/me', { onRequest: undefined, config: { clerk: { public: true } } } as object, () => SECRET)
    },
    answers: [200, 200],
    prints: 'public  GET   /me   session_token'
  },
  {
    way: 'getDecorator, on the server',
    async write(app, options) {
      await app.register(clerkAuth, options)
      app.get('/me', { onRequest: app.getDecorator('requireAuth') as never }, () => SECRET)
    },
    answers: [401, 200],
    prints: 'required  GET   /me  session_token'
  },
  {
    way: 'in a scope, without await, routes right after',
    write(app, options) {
      app.register(async (inner) => {
        inner.register(clerkAuth, options)
        decorated(inner)
      })
    },
    refuses: EARLY
  },
  {
    way: 'in a scope, without await, imported guard right after',
    write(app, options) {
      app.register(async (inner) => {
        inner.register(clerkAuth, options)
        imported(inner)
      })
    },
    answers: [401, 200]
  },
  {
    way: 'without await, routes right after',
    write(app, options) {
      app.register(clerkAuth, options)
      decorated(app)
    },
    refuses: EARLY
  },
  {
    way: 'without await, routes right after, defaultDeny',
    defaultDeny: true,
    write(app, options) {
      app.register(clerkAuth, options)
      unguarded(app)
    },
    refuses: EARLY
  },
  {
    way: 'without await, imported guard right after',
    write(app, options) {
      app.register(clerkAuth, options)
      imported(app)
    },
    answers: [401, 200],
    prints: 'required  GET   /me  session_token'
  },
  {
    way: 'without await, imported guard as a hook of the scope',
    write(app, options) {
      app.register(clerkAuth, options)
      app.register(async (inner) => {
        inner.addHook('preHandler', requireAuth)
        unguarded(inner)
      })
    },
    answers: [401, 200],
    prints: 'required  GET   /me  session_token'
  },
  {
    way: 'route before the plugin, in a scope with a prefix and a parameter',
    async write(app, options) {
      await app.register(
        async (inner) => {
          inner.get('/:id', { onRequest: inner.requireAuth }, () => SECRET)
        },
        { prefix: '/users' }
      )
      await app.register(clerkAuth, options)
    },
    refuses: ['FST_CLERK_EARLY_ROUTES', /: GET \/users\/:id\. /]
  },
  {
    way: 'guard inside @fastify/auth or another function, before the plugin',
    async write(app, options) {
      app.get('/me', { onRequest: (request, reply, done) => requireAuth(request, reply, done) }, () => SECRET)
      await app.register(clerkAuth, options)
    },
    refuses: EARLY
  },
  {
    way: 'route before the plugin, allowed by its name',
    async write(app, options) {
      app.get('/health', () => 'ok')
      await app.register(clerkAuth, { ...options, earlyRoutes: ['/health'] })
      decorated(app)
    },
    answers: [401, 200],
    prints: 'open      GET   /health  session_token'
  },
  {
    way: 'route before the plugin, allowed by a wrong name',
    async write(app, options) {
      app.get('/health', () => 'ok')
      await app.register(clerkAuth, { ...options, earlyRoutes: ['/healt'] })
      decorated(app)
    },
    refuses: ['FST_CLERK_EARLY_ROUTES', /: GET \/health\. /]
  },
  {
    way: 'early route with a policy, guarded',
    write(app, options) {
      app.register(clerkAuth, options)
      app.get('/me', { onRequest: requireAuth, config: { clerk: { acceptsToken: 'api_key' } } }, () => SECRET)
    },
    answers: [401, 401],
    prints: 'required  GET   /me  api_key'
  },
  {
    way: 'early route with a misspelt policy, guarded',
    write(app, options) {
      app.register(clerkAuth, options)
      app.get('/me', { onRequest: requireAuth, config: { clerk: { accepts: 'api_key' } as never } }, () => SECRET)
    },
    refuses: ['FST_CLERK_ROUTE_OPTIONS', /accepts must be one of/]
  },
  {
    way: 'early route that is public and guarded',
    write(app, options) {
      app.register(clerkAuth, options)
      app.get('/me', { onRequest: requireAuth, config: { clerk: { public: true } } }, () => SECRET)
    },
    refuses: ['FST_CLERK_ROUTE_POLICY', /public is true, but requireAuth.* GET \/me$/]
  },
  {
    way: 'early route with config.clerk.guarded and no guard, allowed by its name',
    write(app, options) {
      app.register(clerkAuth, { ...options, earlyRoutes: ['/me'] })
      app.get('/me', { config: { clerk: { guarded: true } } }, () => SECRET)
    },
    refuses: ['FST_CLERK_ROUTE_POLICY', /guarded is true, but neither.* GET \/me$/]
  },
  {
    way: 'early route outside of the scope with the plugin, with a policy for nobody',
    async write(app, options) {
      app.get('/outside', { config: { clerk: { accepts: 'api_key' } as never } }, () => 'ok')
      await app.register(async (inner) => {
        await inner.register(clerkAuth, options)
        decorated(inner)
      })
    },
    answers: [401, 200]
  },
  {
    way: 'all early routes allowed',
    write(app, options) {
      app.register(clerkAuth, { ...options, earlyRoutes: true })
      unguarded(app)
    },
    answers: [200, 200],
    prints: 'open  GET   /me  session_token'
  },
  {
    way: 'all early routes allowed with defaultDeny',
    defaultDeny: true,
    async write(app, options) {
      await app.register(clerkAuth, { ...options, earlyRoutes: true })
      unguarded(app)
    },
    refuses: ['FST_CLERK_OPTION_VALUE', /^earlyRoutes must be a list/]
  },
  {
    way: '@fastify/cors and the audit log, all awaited, cors first',
    async write(app, options) {
      await app.register(cors, { origin: 'https://app.example.com' })
      await app.register(clerkAuth, options)
      await app.register(audit, { sink })
      decorated(app)
    },
    answers: [401, 200]
  },
  {
    way: '@fastify/cors first, defaultDeny',
    defaultDeny: true,
    async write(app, options) {
      await app.register(cors, { origin: 'https://app.example.com' })
      await app.register(clerkAuth, options)
      unguarded(app)
    },
    answers: [401, 200],
    prints: 'required  GET      /me  session_token'
  },
  {
    way: 'a scope made before the plugin, its routes after it, defaultDeny',
    defaultDeny: true,
    async write(app, options) {
      let earlier = app
      await app.register(async (inner) => {
        earlier = inner
      })
      await app.register(clerkAuth, options)
      unguarded(earlier)
    },
    answers: [401, 200],
    prints: 'required  GET   /me  session_token'
  },
  {
    way: 'a scope in a scope made before the plugin, a route with a guard and a policy after it',
    async write(app, options) {
      let earlier = app
      await app.register(async (outer) => {
        await outer.register(async (inner) => {
          earlier = inner
        })
      })
      await app.register(clerkAuth, options)
      earlier.get('/me', { onRequest: requireAuth, config: { clerk: { acceptsToken: 'api_key' } } }, () => SECRET)
    },
    answers: [401, 401],
    prints: 'required  GET   /me  api_key'
  },
  {
    way: 'another plugin assigns onRequest, defaultDeny',
    defaultDeny: true,
    async write(app, options) {
      await app.register(clerkAuth, options)
      app.addHook('onRoute', (route) => {
        route.onRequest = async () => {}
      })
      unguarded(app)
    },
    refuses: ['FST_CLERK_ROUTE_OVERWRITTEN', /route GET \/me \(onRequest\)/]
  },
  {
    way: 'another plugin assigns config, and with it the policy',
    async write(app, options) {
      await app.register(clerkAuth, options)
      app.addHook('onRoute', (route) => {
        route.config = {}
      })
      app.get('/me', { onRequest: requireAuth, config: { clerk: { acceptsToken: 'api_key' } } }, () => SECRET)
    },
    refuses: ['FST_CLERK_ROUTE_OVERWRITTEN', /route GET \/me \(config\)/]
  },
  {
    way: 'another plugin adds to onRequest, defaultDeny',
    defaultDeny: true,
    async write(app, options) {
      await app.register(clerkAuth, options)
      app.addHook('onRoute', (route) => {
        route.onRequest = [...[route.onRequest ?? []].flat(), async () => {}] as never
      })
      unguarded(app)
    },
    answers: [401, 200]
  },
  {
    way: 'without the plugin, imported guard',
    write(app) {
      imported(app)
    },
    answers: [500, 500]
  },
  {
    way: 'guarded, in whatever order',
    write(app, options) {
      app.get('/me', guarded, (request) => request.auth.userId)
      app.register(clerkAuth, options)
    },
    answers: [401, 200],
    prints: 'required  GET   /me  session_token'
  },
  {
    way: 'guarded, without the plugin',
    write(app) {
      app.get('/me', guarded, (request) => request.auth.userId)
    },
    answers: [500, 500]
  },
  {
    way: 'config.clerk.guarded without a guard',
    async write(app, options) {
      await app.register(clerkAuth, options)
      app.get('/me', { config: { clerk: { guarded: true } } }, (request) => request.auth.userId)
    },
    refuses: ['FST_CLERK_ROUTE_POLICY', /guarded is true, but neither.* GET \/me$/]
  },
  {
    way: 'config.clerk.guarded, guarded by defaultDeny',
    defaultDeny: true,
    async write(app, options) {
      await app.register(clerkAuth, options)
      app.get('/me', { config: { clerk: { guarded: true } } }, (request) => request.auth.userId)
    },
    answers: [401, 200]
  },
  {
    way: 'a copy of a route without its config.clerk runs as it prints',
    async write(app, options) {
      await app.register(clerkAuth, options)
      app.addHook('onRoute', function copy(route) {
        if (route.url !== '/source') return
        const config = { ...route.config, clerk: undefined }
        this.route({
          ...route,
          url: '/me',
          method: 'GET',
          exposeHeadRoute: true,
          config: config as object
        } as RouteOptions)
      })
      const config = { clerk: { acceptsToken: 'api_key' } } as const
      app.get('/source', { onRequest: requireAuth, config, exposeHeadRoute: false }, () => SECRET)
    },
    answers: [401, 200],
    prints: 'required  GET   /me      session_token'
  },
  {
    way: 'a public copy of a route, defaultDeny',
    defaultDeny: true,
    async write(app, options) {
      await app.register(clerkAuth, options)
      app.addHook('onRoute', function copy(route) {
        if (route.url !== '/source') return
        this.route({
          ...route,
          url: '/me',
          method: 'GET',
          exposeHeadRoute: true,
          config: { clerk: { public: true } }
        } as RouteOptions)
      })
      app.get('/source', { exposeHeadRoute: false }, () => SECRET)
    },
    answers: [200, 200],
    prints: 'public    GET   /me      session_token'
  },
  {
    way: 'preHandler: authorize',
    async write(app, options) {
      await app.register(clerkAuth, options)
      app.get('/me', { preHandler: authorize as never }, () => SECRET)
    },
    refuses: ['FST_CLERK_GUARD_USE', /called with a condition.*GET \/me/]
  },
  {
    way: 'preHandler: authorize, before the plugin',
    async write(app, options) {
      app.get('/me', { preHandler: authorize as never }, () => SECRET)
      await app.register(clerkAuth, options)
    },
    refuses: EARLY
  },
  {
    way: 'preHandler: requireAuth()',
    async write(app, options) {
      await app.register(clerkAuth, options)
      app.get('/me', { preHandler: (requireAuth as () => never)() }, () => SECRET)
    },
    refuses: ['FST_CLERK_GUARD_USE', /requireAuth is passed as it is/]
  },
  {
    way: 'under a condition, in a hook of its own',
    async write(app, options) {
      await app.register(clerkAuth, options)
      app.addHook('onRequest', async (request, reply) => {
        if (!request.url.startsWith('/docs')) await requireAuth(request, reply)
      })
      unguarded(app)
    },
    answers: [401, 200],
    prints: 'open  GET   /me  session_token'
  },
  {
    way: 'authorize(…) under a condition, in a hook of its own',
    async write(app, options) {
      await app.register(clerkAuth, options)
      const isAdmin = authorize({ role: 'org:admin' })
      app.addHook('preHandler', async (request, reply) => await isAdmin(request, reply))
      unguarded(app)
    },
    answers: [401, 403]
  },
  {
    way: 'inside and around: the plugin in a scope, then on the server',
    async write(app, options) {
      await app.register(async (inner) => {
        await inner.register(clerkAuth, options)
        decorated(inner)
      })
      await app.register(clerkAuth, options)
    },
    refuses: ['FST_CLERK_ALREADY_REGISTERED', /around or inside/]
  },
  {
    way: 'two registrations in two scopes, with routes outside of both',
    async write(app, options) {
      app.get('/outside', () => 'ok')
      await app.register(async (inner) => {
        await inner.register(clerkAuth, options)
        inner.get('/one', { onRequest: requireAuth }, () => SECRET)
      })
      await app.register(async (inner) => {
        await inner.register(clerkAuth, options)
        decorated(inner)
      })
    },
    answers: [401, 200]
  }
]

async function outcomeOf(app: FastifyInstance, clerk: LocalClerk, { write, defaultDeny }: Way, isResolved: boolean) {
  const options = clerk.pluginOptions()
  await write(app, { ...(isResolved ? { resolver: () => options } : options), ...(defaultDeny && { defaultDeny }) })
  // Without `ready()`: tests often begin with this.
  const stranger = await app.inject('/me')
  const user = await app.inject({ url: '/me', headers: clerk.bearer() })
  return { statuses: [stranger.statusCode, user.statusCode], head: await app.inject({ method: 'HEAD', url: '/me' }) }
}

for (const isResolved of [false, true]) {
  for (const way of WAYS) {
    t.test(`${way.way}${isResolved ? ', with a resolver' : ''}`, async (t) => {
      const clerk = await createLocalClerk({ frontendApi: 'clerk.example.com', instanceType: 'production', signingKey })
      const warnings: string[] = []
      const app = Fastify({ logger: { level: 'warn', stream: { write: (line: string) => void warnings.push(line) } } })
      t.teardown(() => app.close())
      const outcome = outcomeOf(app, clerk, way, isResolved)
      if (way.refuses !== undefined) {
        const [code, message] = way.refuses
        await t.rejects(outcome, { code, message })
        // A serverless adapter injects the next request, whatever became of the one before.
        const again = await app.inject('/me').catch((error: Error) => ({ statusCode: 500, body: error.message }))
        t.not(again.body, SECRET, 'nor is the next request served')
        t.ok(again.statusCode >= 400)
        return
      }
      const { statuses, head } = await outcome
      t.strictSame(statuses, way.answers)
      t.equal(head.statusCode, statuses[0], 'HEAD as GET')
      if (statuses[0] !== 500) t.strictSame(warnings, [], 'nothing is warned of')
      if (way.prints !== undefined)
        t.ok(app.clerk.printRoutes().split('\n').includes(way.prints), app.clerk.printRoutes())
    })
  }
}
