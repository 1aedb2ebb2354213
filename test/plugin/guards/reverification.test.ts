import t from 'tap'
import { answerTo, appWith, authorize, member, needed } from './answer-to.js'

t.test("a session that must be verified again is 403 in Clerk's shape", async (t) => {
  const response = await answerTo(member, authorize({ reverification: 'strict' }))
  t.equal(response.statusCode, 403)
  t.equal(response.headers['content-type'], 'application/json; charset=utf-8')
  t.strictSame(response.json(), needed)
  const config = { level: 'first_factor', afterMinutes: 5 } as const
  const custom = await answerTo(member, authorize({ permission: 'org:docs:read', reverification: config }))
  t.strictSame(custom.json().clerk_error.metadata, { reverification: config })
  const forbidden = await answerTo(member, authorize({ role: 'org:admin', reverification: 'strict' }))
  t.match(forbidden.json(), { code: 'FST_CLERK_FORBIDDEN' }, 'verifying again would not help, so it is not asked for')
  t.equal((await answerTo(member, authorize({ reverification: 'moderate' }))).statusCode, 200)
})

t.test('error handlers and hooks of the app see the reverification error first', async (t) => {
  type Seen = Error & { code?: string; clerk_error?: unknown; statusCode?: number; headers?: object }
  const hook = authorize({ reverification: 'strict' })

  t.test('a handler that answers decides the body', async (t) => {
    const app = appWith(member)
    app.setErrorHandler((error: Seen, _request, reply) =>
      reply.code(418).send({ mine: error.code, clerk_error: error.clerk_error })
    )
    app.get('/', { preHandler: hook }, () => 'in')
    const response = await app.inject('/')
    t.equal(response.statusCode, 418)
    t.same(response.json(), { mine: 'FST_CLERK_REVERIFICATION', ...needed })
  })

  t.test('also one that has looked at the headers of the error, as Fastify does', async (t) => {
    const app = appWith(member)
    app.setErrorHandler((error: Seen, _request, reply) => reply.headers(error.headers ?? {}).send({ mine: error.code }))
    app.get('/', { preHandler: hook }, () => 'in')
    t.same((await app.inject('/')).json(), { mine: 'FST_CLERK_REVERIFICATION' })
  })

  t.test("handlers that pass it on, in whatever way, end with Clerk's body", async (t) => {
    const seen: string[] = []
    const app = appWith(member)
    app.addHook('onError', async (_request, _reply, error) => {
      seen.push(`onError ${error.code}`)
    })
    app.addHook('onSend', async (_request, _reply, payload) => {
      seen.push(`onSend ${typeof payload}`)
    })
    app.setErrorHandler((error: Seen, _request, reply) => {
      seen.push('app')
      reply.code(403).send(error)
    })
    app.register(async (scope) => {
      scope.setErrorHandler(async (error: Seen) => {
        seen.push('scope')
        throw error
      })
      scope.get(
        '/',
        {
          preHandler: hook,
          errorHandler: (error, _request, reply) => {
            seen.push('route')
            reply.send(error)
          }
        },
        () => 'in'
      )
    })
    const response = await app.inject('/')
    t.equal(response.statusCode, 403)
    t.strictSame(response.json(), needed)
    t.same(seen, ['onError FST_CLERK_REVERIFICATION', 'route', 'scope', 'app', 'onSend string'])
  })

  t.test('another error on the way is that error', async (t) => {
    const app = appWith(member)
    app.setErrorHandler(() => {
      throw new Error('handler is broken')
    })
    app.get('/', { preHandler: hook }, () => 'in')
    const response = await app.inject('/')
    t.equal(response.statusCode, 500)
    t.equal(response.json().message, 'handler is broken')
  })

  t.test('one reply has nothing to do with the next', async (t) => {
    const app = appWith(member)
    app.get('/', { preHandler: hook }, () => 'in')
    app.get('/other', () => 'other')
    for (let i = 0; i < 3; i++) t.strictSame((await app.inject('/')).json(), needed)
    t.equal((await app.inject('/other')).body, 'other')
  })
})
