import { OpenApiVersionError } from '../core/errors.js'
import { isRecord } from '../core/json.js'
import { typesOf } from '../core/options/accepts-token.js'
import type { InstanceSettings } from '../core/options/instance-settings.js'
import type { RouteTableEntry } from '../plugin/route-table.js'
import { describeOperation, type Operation, scopesOf } from './operation.js'
import { schemesFor } from './schemes.js'

/**
 * Marks the operation of a route from its schema into the document: the URL may be another there, by a prefix that is taken
 * off or a function of the application. The document that leaves has none.
 */
export const MARK = 'x-fastify-clerk-auth'

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace', 'query']

export interface DocumentContext {
  /** The route behind a mark. */
  readonly routeOf: (mark: unknown) => RouteTableEntry | undefined
  /** Null with a resolver: no document can name the endpoints of every instance. */
  readonly settings: InstanceSettings | null
}

/** Completes a document as `@fastify/swagger` makes it, in place. Throws unless it is one of OpenAPI 3. */
export function completeDocument(document: unknown, { routeOf, settings }: DocumentContext): void {
  if (!isRecord(document)) return
  if (typeof document.openapi !== 'string') throw new OpenApiVersionError()
  const routes: RouteTableEntry[] = []
  for (const operation of operationsOf(document)) {
    const route = routeOf(operation[MARK])
    delete operation[MARK]
    if (route === undefined) continue
    describeOperation(operation, route)
    routes.push(route)
  }
  addSchemes(document, routes, settings)
}

function operationsOf(document: Readonly<Record<string, unknown>>): (Operation & { [MARK]?: unknown })[] {
  const paths = isRecord(document.paths) ? Object.values(document.paths) : []
  return paths.flatMap((path) => (isRecord(path) ? METHODS.map((method) => path[method]).filter(isRecord) : []))
}

/** The schemes of what the routes accept. A scheme of the application with the same name stays. */
function addSchemes(
  document: Record<string, unknown>,
  routes: readonly RouteTableEntry[],
  settings: InstanceSettings | null
): void {
  const required = routes.filter(({ policy }) => policy === 'required')
  const accepted = [
    ...(settings === null ? [] : typesOf(settings.acceptsToken)),
    ...required.flatMap((route) => typesOf(route.acceptsToken))
  ]
  const scopes = [...new Set(required.flatMap(({ guards }) => scopesOf(guards)))].sort()
  const components = isRecord(document.components) ? document.components : {}
  const own = isRecord(components.securitySchemes) ? components.securitySchemes : {}
  document.components = { ...components, securitySchemes: { ...schemesFor(accepted, settings, scopes), ...own } }
}
