import clerkAuth, { authorize, requireAuth } from '../../../src/index.js'
import { decorated, EARLY, guardedScope, rightAfter, SECRET, testWays, unguarded } from './way.js'

// Routes that were made before the plugin had loaded.

testWays([
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
    write: rightAfter((app) =>
      app.get('/me', { onRequest: requireAuth, config: { clerk: { acceptsToken: 'api_key' } } }, () => SECRET)
    ),
    answers: [401, 401],
    prints: 'required  GET   /me  api_key'
  },
  {
    way: 'early route with a misspelt policy, guarded',
    write: rightAfter((app) =>
      app.get('/me', { onRequest: requireAuth, config: { clerk: { accepts: 'api_key' } as never } }, () => SECRET)
    ),
    refuses: ['FST_CLERK_ROUTE_OPTIONS', /accepts must be one of/]
  },
  {
    way: 'early route that is public and guarded',
    write: rightAfter((app) =>
      app.get('/me', { onRequest: requireAuth, config: { clerk: { public: true } } }, () => SECRET)
    ),
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
      await app.register(guardedScope(options))
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
    way: 'preHandler: authorize, before the plugin',
    async write(app, options) {
      app.get('/me', { preHandler: authorize as never }, () => SECRET)
      await app.register(clerkAuth, options)
    },
    refuses: EARLY
  }
])
