import cors from '@fastify/cors'
import audit, { type AuditSink } from '../../../src/audit/index.js'
import clerkAuth, { requireAuth } from '../../../src/index.js'
import { afterwards, decorated, EARLY, imported, rightAfter, SECRET, scope, testWays, unguarded } from './way.js'

// Where the plugin is registered, and when the routes are made.

const sink: AuditSink = { name: 'none', open: async () => {}, close: async () => {}, write: async () => {} }

testWays([
  {
    way: 'await register, routes after it',
    write: afterwards(decorated),
    answers: [401, 200],
    prints: 'required  GET   /me  session_token'
  },
  {
    way: 'register without await, routes in the next plugin',
    write: rightAfter((app) => app.register(scope(decorated))),
    answers: [401, 200]
  },
  {
    way: 'register without await, routes in after()',
    write: rightAfter((app) => app.after(() => void decorated(app))),
    answers: [401, 200]
  },
  {
    way: 'getDecorator, on the server',
    write: afterwards((app) => app.get('/me', { onRequest: app.getDecorator('requireAuth') as never }, () => SECRET)),
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
    write: rightAfter(decorated),
    refuses: EARLY
  },
  {
    way: 'without await, routes right after, defaultDeny',
    defaultDeny: true,
    write: rightAfter(unguarded),
    refuses: EARLY
  },
  {
    way: 'without await, imported guard right after',
    write: rightAfter(imported),
    answers: [401, 200],
    prints: 'required  GET   /me  session_token'
  },
  {
    way: 'without await, imported guard as a hook of the scope',
    write: rightAfter((app) =>
      app.register(async (inner) => {
        inner.addHook('preHandler', requireAuth)
        unguarded(inner)
      })
    ),
    answers: [401, 200],
    prints: 'required  GET   /me  session_token'
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
    way: 'without the plugin, imported guard',
    write: (app) => void imported(app),
    answers: [500, 500]
  }
])
