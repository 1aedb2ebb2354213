import type { RouteOptions } from 'fastify'
import clerkAuth, { authorize, guarded, requireAuth } from '../../../src/index.js'
import { afterwards, SECRET, testWays, unguarded } from './way.js'

// What a route says of itself, and what other plugins make of it.

testWays([
  {
    way: 'another plugin assigns onRequest, defaultDeny',
    defaultDeny: true,
    write: afterwards((app) => {
      app.addHook('onRoute', (route) => {
        route.onRequest = async () => {}
      })
      unguarded(app)
    }),
    refuses: ['FST_CLERK_ROUTE_OVERWRITTEN', /route GET \/me \(onRequest\)/]
  },
  {
    way: 'another plugin assigns config, and with it the policy',
    write: afterwards((app) => {
      app.addHook('onRoute', (route) => {
        route.config = {}
      })
      app.get('/me', { onRequest: requireAuth, config: { clerk: { acceptsToken: 'api_key' } } }, () => SECRET)
    }),
    refuses: ['FST_CLERK_ROUTE_OVERWRITTEN', /route GET \/me \(config\)/]
  },
  {
    way: 'another plugin adds to onRequest, defaultDeny',
    defaultDeny: true,
    write: afterwards((app) => {
      app.addHook('onRoute', (route) => {
        route.onRequest = [...[route.onRequest ?? []].flat(), async () => {}] as never
      })
      unguarded(app)
    }),
    answers: [401, 200]
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
    write: (app) => void app.get('/me', guarded, (request) => request.auth.userId),
    answers: [500, 500]
  },
  {
    way: 'config.clerk.guarded without a guard',
    write: afterwards((app) =>
      app.get('/me', { config: { clerk: { guarded: true } } }, (request) => request.auth.userId)
    ),
    refuses: ['FST_CLERK_ROUTE_POLICY', /guarded is true, but neither.* GET \/me$/]
  },
  {
    way: 'config.clerk.guarded, guarded by defaultDeny',
    defaultDeny: true,
    write: afterwards((app) =>
      app.get('/me', { config: { clerk: { guarded: true } } }, (request) => request.auth.userId)
    ),
    answers: [401, 200]
  },
  {
    way: 'a copy of a route without its config.clerk runs as it prints',
    write: afterwards((app) => {
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
    }),
    answers: [401, 200],
    prints: 'required  GET   /me      session_token'
  },
  {
    way: 'a public copy of a route, defaultDeny',
    defaultDeny: true,
    write: afterwards((app) => {
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
    }),
    answers: [200, 200],
    prints: 'public    GET   /me      session_token'
  },
  {
    way: 'preHandler: authorize',
    write: afterwards((app) => app.get('/me', { preHandler: authorize as never }, () => SECRET)),
    refuses: ['FST_CLERK_GUARD_USE', /called with a condition.*GET \/me/]
  },
  {
    way: 'preHandler: requireAuth()',
    write: afterwards((app) => app.get('/me', { preHandler: (requireAuth as () => never)() }, () => SECRET)),
    refuses: ['FST_CLERK_GUARD_USE', /requireAuth is passed as it is/]
  },
  {
    way: 'under a condition, in a hook of its own',
    write: afterwards((app) => {
      app.addHook('onRequest', async (request, reply) => {
        if (!request.url.startsWith('/docs')) await requireAuth(request, reply)
      })
      unguarded(app)
    }),
    answers: [401, 200],
    prints: 'open  GET   /me  session_token'
  },
  {
    way: 'authorize(…) under a condition, in a hook of its own',
    write: afterwards((app) => {
      const isAdmin = authorize({ role: 'org:admin' })
      app.addHook('preHandler', async (request, reply) => await isAdmin(request, reply))
      unguarded(app)
    }),
    answers: [401, 403]
  }
])
