import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import t from 'tap'

// `@fastify/autoload` imports the files of plugins/ when the server has been made, and with them this package. Then nothing
// has noted the routes that are there already.

const PREAMBLE = `
  import Fastify from 'fastify'
  const app = Fastify()
  const { default: clerkAuth, requireAuth } = await import('${new URL('../../src/index.js', import.meta.url)}')
  const { createLocalClerk } = await import('${new URL('../../src/local/index.js', import.meta.url)}')
  const clerk = await createLocalClerk()
  async function covering(scope) {
    await scope.register(clerkAuth, clerk.pluginOptions())
    scope.get('/status', () => 'ok')
  }
`

/** Status of `GET /me` for a stranger, or the code of the error that keeps the server from starting. */
async function outcomeOf(program: string): Promise<string> {
  const source = `${PREAMBLE}${program}
    console.log(await app.inject('/me').then((answer) => answer.body, (error) => error.code))`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', source])
  return stdout
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
    'the policy of an early route is read when it is asked': [
      `app.register(clerkAuth, clerk.pluginOptions())
       app.get('/me', { onRequest: requireAuth, config: { clerk: { accepts: 'api_key' } } }, () => 'secret')`,
      'FST_CLERK_ROUTE_OPTIONS'
    ]
  } as const
  for (const [name, [program, outcome]] of Object.entries(cases)) t.match(await outcomeOf(program), outcome, name)
})
