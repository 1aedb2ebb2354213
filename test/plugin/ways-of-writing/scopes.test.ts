import cors from '@fastify/cors'
import fp from 'fastify-plugin'
import clerkAuth, { requireAuth } from '../../../src/index.js'
import {
  ALONE,
  beside,
  covering,
  decorated,
  guardedScope,
  imported,
  OUTSIDE,
  SECRET,
  scope,
  testWays,
  UNDEFINED,
  unguarded
} from './way.js'

// The plugin covers a scope, and guards stand inside, outside or before it.

const EARLY_GUARD = ['FST_CLERK_GUARD_USE', /runs before authentication/] as const

testWays([
  {
    way: 'an imported guard in onRequest of the server, before the plugin',
    async write(app, options) {
      app.addHook('onRequest', requireAuth)
      await app.register(clerkAuth, options)
      app.register(scope(unguarded))
    },
    refuses: EARLY_GUARD
  },
  {
    way: 'an imported guard in onRequest of a scope, before the plugin and after it',
    async write(app, options) {
      let earlier = app
      await app.register(
        async (inner) => {
          inner.addHook('onRequest', requireAuth)
          earlier = inner
        },
        { prefix: '/inner' }
      )
      await app.register(clerkAuth, options)
      app.register(scope(unguarded))
      unguarded(earlier)
    },
    refuses: EARLY_GUARD
  },
  {
    way: 'an imported guard in preHandler of the server, before the plugin',
    async write(app, options) {
      app.addHook('preHandler', requireAuth)
      await app.register(clerkAuth, options)
      app.register(scope(unguarded))
    },
    answers: [401, 200]
  },
  {
    way: 'an imported guard in onRequest of the server, after the plugin',
    async write(app, options) {
      await app.register(clerkAuth, options)
      app.addHook('onRequest', requireAuth)
      app.register(scope(unguarded))
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
    write: beside(imported),
    refuses: OUTSIDE
  },
  {
    way: 'a scope with the plugin and a route; decorated guard in the next plugin',
    write: beside(decorated),
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
    write: beside((inner) => inner.get('/me', { onRequest: inner.authorize({ role: 'org:admin' }) }, () => SECRET)),
    refuses: OUTSIDE
  },
  {
    way: 'a scope with the plugin and a route; decorated guard as a hook of another scope',
    write: beside((inner) => {
      inner.addHook('preHandler', inner.requireAuth)
      unguarded(inner)
    }),
    refuses: OUTSIDE
  },
  {
    way: 'a scope with the plugin and a route; decorated guard called by hand elsewhere',
    write: beside((inner) => {
      inner.addHook('onRequest', async (request, reply) => await inner.requireAuth(request, reply))
      unguarded(inner)
    }),
    answers: [500, 500]
  },
  {
    way: 'a scope with the plugin and a route; getDecorator elsewhere',
    write: beside((inner) => inner.get('/me', { onRequest: inner.getDecorator('requireAuth') as never }, () => SECRET)),
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
      await app.register(guardedScope(options))
      app.get('/about', () => 'ok')
    },
    answers: [401, 200]
  },
  {
    way: 'a scope with the plugin; around it, guards of the same names that are not ours',
    async write(app, options) {
      await app.register(guardedScope(options))
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
      await app.register(guardedScope(options))
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
      await app.register(guardedScope(options))
    },
    answers: [401, 200]
  },
  {
    way: 'a scope with the plugin; after it, around it, a route of another plugin with an undefined hook',
    async write(app, options) {
      await app.register(guardedScope(options))
      app.get('/around', { preHandler: undefined } as object, () => 'ok')
    },
    answers: [401, 200]
  },
  {
    way: 'inside and around: the plugin in a scope, then on the server',
    async write(app, options) {
      await app.register(guardedScope(options))
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
      await app.register(guardedScope(options))
    },
    answers: [401, 200]
  }
])
