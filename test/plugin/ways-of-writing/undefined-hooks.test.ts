import clerkAuth, { requireAuth } from '../../../src/index.js'
import { afterwards, misspelt, passing, SECRET, testWays, UNDEFINED, unguarded } from './way.js'

// A hook that is undefined, as a misspelt guard is.

testWays([
  {
    way: 'a misspelt guard',
    write: afterwards((app) => app.get('/me', { onRequest: misspelt(app) }, () => SECRET)),
    refuses: UNDEFINED
  },
  {
    way: 'a misspelt guard in preHandler, next to a hook of another purpose',
    write: afterwards((app) => app.get('/me', { onRequest: passing, preHandler: misspelt(app) }, () => SECRET)),
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
    write: afterwards((app) => app.get('/me', { onRequest: [misspelt(app)] }, () => SECRET)),
    refuses: ['FST_ERR_HOOK_INVALID_HANDLER', /onRequest/]
  },
  {
    way: 'a misspelt guard as a hook of the scope',
    write: afterwards((app) => {
      app.addHook('onRequest', misspelt(app))
      unguarded(app)
    }),
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
    write: afterwards((app) => {
      app.addHook('onRequest', requireAuth)
      app.get('/me', { preHandler: misspelt(app) }, () => SECRET)
    }),
    answers: [401, 200]
  },
  {
    way: 'a misspelt guard, defaultDeny',
    defaultDeny: true,
    write: afterwards((app) => app.get('/me', { onRequest: misspelt(app) }, () => SECRET)),
    answers: [401, 200],
    prints: 'required  GET   /me  session_token'
  },
  {
    way: 'no guard under a condition, written as an empty list',
    write: afterwards((app) => {
      const isGuarded = false
      app.get('/me', { onRequest: isGuarded ? requireAuth : [] }, () => SECRET)
    }),
    answers: [200, 200],
    prints: 'open  GET   /me  session_token'
  },
  {
    way: 'an undefined hook on routes whose config.clerk says that they are public',
    write: afterwards((app) => {
      app.get('/off', { onRequest: undefined, config: { clerk: false } } as object, () => 'ok')
      app.get('/me', { onRequest: undefined, config: { clerk: { public: true } } } as object, () => SECRET)
    }),
    answers: [200, 200],
    prints: 'public  GET   /me   session_token'
  }
])
