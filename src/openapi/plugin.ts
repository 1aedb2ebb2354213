import type { FastifyInstance, FastifySchema, RouteOptions } from 'fastify'
import fastifyPlugin from 'fastify-plugin'
import { OpenApiPluginError, OpenApiSwaggerError } from '../core/errors.js'
import type { InstanceSettings } from '../core/options/instance-settings.js'
import { text } from '../core/options/readers.js'
import { type OptionTable, readOptions } from '../core/options/table.js'
import { FASTIFY_RANGE } from '../plugin/fastify-range.js'
import { REGISTER_OPTIONS } from '../plugin/register-options.js'
import type { RouteTableEntry } from '../plugin/route-table.js'
import { addRouteHook } from '../plugin/scopes.js'
import { completeDocument, MARK } from './document.js'
import { stringifyYaml } from './yaml.js'

export interface OpenApiOptions {
  /** The option `decorator` of `@fastify/swagger`, if it is given there. Default `swagger`. */
  readonly decorator?: string | undefined
}

export const OPENAPI = {
  decorator: text({ default: 'swagger' })
} satisfies OptionTable<OpenApiOptions>

type MakeDocument = (options?: { readonly yaml?: boolean }) => unknown

async function plugin(fastify: FastifyInstance, options: OpenApiOptions): Promise<void> {
  const { decorator } = readOptions(OPENAPI, options, { path: 'openapi', alsoKnown: REGISTER_OPTIONS })
  if (!fastify.hasDecorator('clerk')) throw new OpenApiPluginError()
  if (fastify.hasDecorator(decorator)) throw new OpenApiSwaggerError()

  const marked: MarkedRoute[] = []
  addRouteHook(fastify, (route) => {
    // A copy: several routes may have one schema in common, and this one is that of a single route.
    route.schema = { ...route.schema, [MARK]: marked.length } as FastifySchema
    marked.push({ method: String(route.method), url: route.url, route })
  })

  function routeOf(routes: readonly RouteTableEntry[], mark: unknown): RouteTableEntry | undefined {
    const made = typeof mark === 'number' ? marked[mark] : undefined
    return made && routes.find((entry) => isEntryOf(entry, made))
  }

  fastify.addHook('onReady', async () => {
    const decorated = fastify as unknown as Record<string, MakeDocument>
    const makeDocument = decorated[decorator]
    if (!fastify.hasDecorator(decorator) || makeDocument === undefined) throw new OpenApiSwaggerError()
    const completed = new WeakSet<object>()
    let yaml: string | null = null

    decorated[decorator] = (documentOptions) => {
      const document = makeDocument()
      if (typeof document !== 'object' || document === null) return document
      if (!completed.has(document)) {
        const routes = fastify.clerk.routes()
        completeDocument(document, { routeOf: (mark) => routeOf(routes, mark), settings: settingsOf(fastify) })
        completed.add(document)
        yaml = null
      }
      if (documentOptions?.yaml !== true) return document
      yaml ??= stringifyYaml(document)
      return yaml
    }
  })
}

/** As it was made: Fastify takes the object up for the same route with a slash at its end. */
interface MarkedRoute {
  readonly method: string
  readonly url: string
  readonly route: RouteOptions
}

/** Routes of one method and URL have constraints of their own. */
function isEntryOf(entry: RouteTableEntry, { method, url, route }: MarkedRoute): boolean {
  return entry.url === url && entry.method === method && entry.constraints === (route.constraints ?? null)
}

function settingsOf(fastify: FastifyInstance): InstanceSettings | null {
  try {
    return fastify.clerk.instanceOf().settings
  } catch {
    return null // a resolver: no instance is that of all requests
  }
}

/**
 * Completes the OpenAPI document of `@fastify/swagger` with what the plugin knows: the security schemes of what the
 * instance accepts, for each route which of them its guards ask for, and the answers 401, 403 and 503. What a route or the
 * application documents itself stays. Register it after fastify-clerk-auth and before `@fastify/swagger`, in the same scope;
 * throws `FST_CLERK_OPENAPI_PLUGIN` and `FST_CLERK_OPENAPI_SWAGGER` otherwise, and the coded error of a bad option.
 */
export const openapi = fastifyPlugin<OpenApiOptions>(plugin, {
  fastify: FASTIFY_RANGE,
  name: 'fastify-clerk-auth/openapi'
})
