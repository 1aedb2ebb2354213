import Fastify, { type FastifyInstance } from 'fastify'
import audit from '../../audit/index.js'
import clerkAuth, { requestSerializer } from '../../index.js'
import { createLocalClerk, type LocalClerk } from '../../local/index.js'
import { registerApi } from './api-routes.js'
import { createAuditTrail } from './audit-trail.js'
import { registerControls } from './control-routes.js'
import { registerExplanations } from './explanations.js'
import { allowOwnPages } from './own-pages.js'
import { registerPages } from './page-routes.js'
import { organizations, people } from './people.js'

export interface Playground {
  /** `http://127.0.0.1:<port>`. */
  readonly url: string
  readonly app: FastifyInstance
  readonly clerk: LocalClerk
  close(): Promise<void>
}

export interface PlaygroundOptions {
  /** Default 0: any free port. */
  readonly port?: number
  readonly clerkPort?: number
  /** Where the files of the pages are, with a slash at the end. Default: beside this module, which a bundle is not. */
  readonly pageFolder?: URL
  /** Warnings and errors go to the standard output. Default: false. */
  readonly isLogged?: boolean
  /** Show Clerk's own components, from the packages that are installed in the working directory. Default: false. */
  readonly hasFrontend?: boolean
  readonly refreshTokens?: boolean
  readonly tokenLifetimeInMs?: number
}

/**
 * Starts an application at 127.0.0.1 and a local Clerk at localhost. To a browser these are two sites, as an
 * application and its Frontend API are in development. Neither can be reached from another machine.
 */
export async function startPlayground(options: PlaygroundOptions = {}): Promise<Playground> {
  const {
    port = 0,
    clerkPort = 0,
    isLogged = false,
    hasFrontend = false,
    pageFolder = new URL('page/', import.meta.url),
    ...clerkOptions
  } = options
  const clerk = await createLocalClerk({ users: people, organizations, ...clerkOptions })
  const app = Fastify({ logger: isLogged && { level: 'warn', serializers: { req: requestSerializer } } })
  const trail = createAuditTrail()
  app.addHook('onRequest', allowOwnPages)
  try {
    await clerk.listen(clerkPort)
    await app.register(clerkAuth, {
      ...clerk.pluginOptions(),
      signInUrl: clerk.signInUrl,
      organizationSyncOptions: { organizationPatterns: ['/org/:slug'], personalAccountPatterns: ['/personal'] }
    })
    await warmUp(clerk)
    await app.register(audit, { sink: trail.sink })
    registerApi(app)
    registerExplanations(app)
    registerControls(app, clerk, trail)
    registerPages(app, pageFolder, hasFrontend ? clerk : null)
    const url = await app.listen({ port, host: '127.0.0.1' })
    return {
      url,
      app,
      clerk,
      async close() {
        await app.close()
        await clerk.close()
      }
    }
  } catch (error) {
    await Promise.allSettled([app.close(), clerk.close()])
    throw error
  }
}

/** Enough for Node to have compiled the way of a known token, so that the first figures are those of a running server. */
const WARM_UP_REQUESTS = 3_000

/** On a server of its own, so that the counters of the playground begin at 0. */
async function warmUp(clerk: LocalClerk): Promise<void> {
  const app = Fastify()
  await app.register(clerkAuth, clerk.pluginOptions())
  app.get('/', { onRequest: app.requireAuth }, () => 'known')
  const headers = clerk.bearer()
  for (let i = 0; i < WARM_UP_REQUESTS; i++) await app.inject({ url: '/', headers })
  await app.close()
  clerk.requests.clear()
}
