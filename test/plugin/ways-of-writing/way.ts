import Fastify, { type FastifyInstance, type FastifyPluginAsync } from 'fastify'
import t from 'tap'
import clerkAuth, { type PluginOptions, requireAuth } from '../../../src/index.js'
import { createLocalClerk, type LocalClerk } from '../../../src/local/index.js'
import { signingKey } from '../../fixtures/app.js'

// However an application is written, a stranger gets nothing of a guarded route: it is refused, or nothing starts.

export const SECRET = 'secret'

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

export const decorated = (app: FastifyInstance) => app.get('/me', { onRequest: app.requireAuth }, () => SECRET)
export const imported = (app: FastifyInstance) => app.get('/me', { onRequest: requireAuth }, () => SECRET)
export const unguarded = (app: FastifyInstance) => app.get('/me', () => SECRET)
export const scope =
  (routes: (app: FastifyInstance) => unknown): FastifyPluginAsync =>
  async (app) =>
    void routes(app)

export const EARLY = ['FST_CLERK_EARLY_ROUTES', /: GET \/me\. /] as const
export const UNDEFINED = ['FST_CLERK_UNDEFINED_HOOK', /: GET \/me\. .*fastify-plugin/] as const
/** As JavaScript has it: TypeScript knows no such property. */
export const misspelt = (app: FastifyInstance) =>
  (app as unknown as Record<'requireAuht', typeof requireAuth>).requireAuht
export const passing = async () => {}
export const ALONE = ['FST_CLERK_NO_ROUTES', /fastify-plugin/] as const
export const OUTSIDE = ['FST_CLERK_GUARD_OUTSIDE', /: GET \/me\. .*fastify-plugin/] as const

/** The plugin in a scope that also has a route, as a file in `plugins/` may have. */
export const covering =
  (options: PluginOptions): FastifyPluginAsync =>
  async (app) => {
    await app.register(clerkAuth, options)
    app.get('/status', () => 'ok')
  }

/** The plugin in a scope, and a guarded route after it. */
export const guardedScope =
  (options: PluginOptions): FastifyPluginAsync =>
  async (app) => {
    await app.register(clerkAuth, options)
    decorated(app)
  }

type Routes = (app: FastifyInstance) => unknown

/** The plugin is awaited, and then the routes are made. */
export const afterwards =
  (routes: Routes): Way['write'] =>
  async (app, options) => {
    await app.register(clerkAuth, options)
    routes(app)
  }

/** The routes are made while the plugin has not loaded. */
export const rightAfter =
  (routes: Routes): Way['write'] =>
  (app, options) => {
    app.register(clerkAuth, options)
    routes(app)
  }

/** The plugin covers a scope, and the routes are in the scope next to it. */
export const beside =
  (routes: Routes): Way['write'] =>
  (app, options) => {
    app.register(covering(options))
    app.register(scope(routes))
  }

async function outcomeOf(app: FastifyInstance, clerk: LocalClerk, { write, defaultDeny }: Way, isResolved: boolean) {
  const options = clerk.pluginOptions()
  await write(app, { ...(isResolved ? { resolver: () => options } : options), ...(defaultDeny && { defaultDeny }) })
  // Without `ready()`: tests often begin with this.
  const stranger = await app.inject('/me')
  const user = await app.inject({ url: '/me', headers: clerk.bearer() })
  return { statuses: [stranger.statusCode, user.statusCode], head: await app.inject({ method: 'HEAD', url: '/me' }) }
}

export function testWays(ways: readonly Way[]): void {
  for (const isResolved of [false, true]) {
    for (const way of ways) {
      t.test(`${way.way}${isResolved ? ', with a resolver' : ''}`, async (t) => {
        const clerk = await createLocalClerk({
          frontendApi: 'clerk.example.com',
          instanceType: 'production',
          signingKey
        })
        const warnings: string[] = []
        const app = Fastify({
          logger: { level: 'warn', stream: { write: (line: string) => void warnings.push(line) } }
        })
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
}
