import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import t from 'tap'

// `@fastify/autoload` imports the files of plugins/ when the server has been made, and with them this package. Then nothing
// has noted the routes that are there already.

const preamble = (serverOptions: string) => `
  import Fastify from 'fastify'
  const app = Fastify(${serverOptions})
  const { default: clerkAuth, requireAuth } = await import('${new URL('../../src/index.js', import.meta.url)}')
  const { createLocalClerk } = await import('${new URL('../../src/local/index.js', import.meta.url)}')
  const clerk = await createLocalClerk()
  async function covering(scope) {
    await scope.register(clerkAuth, clerk.pluginOptions())
    scope.get('/status', () => 'ok')
  }
`

async function run(program: string, serverOptions = ''): Promise<{ readonly stdout: string; readonly stderr: string }> {
  const source = `${preamble(serverOptions)}${program}
    console.log(await app.inject('/me').then((answer) => answer.body, (error) => error.code))`
  return await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', source])
}

/** What `GET /me` answers a stranger, or the code of the error that keeps the server from starting. */
async function outcomeOf(program: string): Promise<string> {
  return (await run(program)).stdout
}

t.test('the package is imported after the server was made', async (t) => {
  const outside = 'FST_CLERK_GUARD_OUTSIDE'
  const cases = {
    'plugins/ without fastify-plugin, then routes/': [
      `app.register(covering)
       app.register(async (scope) => scope.get('/me', { onRequest: scope.requireAuth }, () => 'secret'))`,
      outside
    ],
    'an imported guard, in whatever order': [
      `app.get('/me', { onRequest: requireAuth }, () => 'secret')
       app.register(covering)`,
      outside
    ],
    'routes on the server before the plugin': [
      `app.register(clerkAuth, clerk.pluginOptions())
       app.get('/me', { onRequest: app.requireAuth }, () => 'secret')`,
      'FST_CLERK_EARLY_ROUTES'
    ],
    'a misspelt guard, after the plugin': [
      `await app.register(clerkAuth, clerk.pluginOptions())
       app.get('/me', { onRequest: app.requireAuht }, () => 'secret')`,
      'FST_CLERK_UNDEFINED_HOOK'
    ],
    'the policy of an early route is read when it is asked': [
      `app.register(clerkAuth, clerk.pluginOptions())
       app.get('/me', { onRequest: requireAuth, config: { clerk: { accepts: 'api_key' } } }, () => 'secret')`,
      'FST_CLERK_ROUTE_OPTIONS'
    ]
  } as const
  for (const [name, [program, outcome]] of Object.entries(cases)) t.match(await outcomeOf(program), outcome, name)
})

t.test(
  'routes made before the plugin, outside of its scope, are warned of where their hooks are not known',
  async (t) => {
    const me = `app.get('/me', { onRequest: app.requireAuth }, () => 'secret')`
    const routes = /^Routes: (.*)$/m
    const cases = {
      'routes/ before plugins/ without fastify-plugin': [
        `app.register(async (scope) => {
         scope.get('/me', { onRequest: scope.requireAuth }, () => 'secret')
         scope.post('/orders/:id', { preHandler: scope.requireAuth }, () => 'secret')
       })
       app.register(covering)`,
        'GET /me, POST /orders/:id'
      ],
      'on the server, before it': [`${me}; await app.register(covering)`, 'GET /me'],
      'with a resolver': [
        `${me}
       app.register(async (scope) => {
         await scope.register(clerkAuth, { resolver: () => clerk.pluginOptions() })
         scope.get('/status', () => 'ok')
       })`,
        'GET /me'
      ],
      'two scopes with the plugin: once': [
        `${me}
       for (const prefix of ['/a', '/b']) app.register(covering, { prefix })`,
        'GET /me'
      ],
      'some allowed by name': [
        `app.get('/health', () => 'ok'); ${me}
       app.register(async (scope) => {
         await scope.register(clerkAuth, clerk.pluginOptions({ earlyRoutes: ['/health'] }))
         scope.get('/status', () => 'ok')
       })`,
        'GET /me'
      ],
      'all allowed by name': [
        `${me}
       app.register(async (scope) => {
         await scope.register(clerkAuth, clerk.pluginOptions({ earlyRoutes: ['/me'] }))
         scope.get('/status', () => 'ok')
       })`,
        undefined
      ],
      'for preflights alone, or made after the plugin': [
        `app.options('/any', () => 'ok')
       await app.register(covering)
       app.get('/me', () => 'secret')`,
        undefined
      ],
      'covered by a registration of their own': [
        `app.register(async (scope) => {
         await scope.register(clerkAuth, clerk.pluginOptions())
         scope.get('/me', () => 'secret')
       })
       app.register(covering)`,
        undefined
      ]
    } as const
    for (const [name, [program, named]] of Object.entries(cases)) {
      const { stdout, stderr } = await run(program)
      t.match(stdout, 'secret', name)
      t.equal(routes.exec(stderr)?.[1], named, name)
      t.equal(stderr.split('ClerkAuthWarning').length - 1, named === undefined ? 0 : 1, name)
      if (named !== undefined) t.match(stderr, /fastify-plugin.* earlyRoutes/, name)
    }
  }
)

t.test('the warning is in the log as well', async (t) => {
  const program = `
    app.get('/me', { onRequest: app.requireAuth }, () => 'secret')
    app.register(covering)`
  const { stdout } = await run(program, `{ logger: { level: 'warn' } }`)
  t.match(JSON.parse(stdout.split('\n')[0] ?? ''), {
    level: 40,
    code: 'FST_CLERK_OPTION_RISK',
    option: 'earlyRoutes',
    detail: 'Routes: GET /me'
  })
})
