/** A route of the whole server, as `fastify.printRoutes()` shows it: whoever made it, and whenever. */
export interface PrintedRoute {
  readonly method: string
  readonly url: string
  /** As `printConstraints` prints them. */
  readonly constraints: string
  /** Equal for the same route in two prints, even when other routes have been added meanwhile. */
  readonly key: string
  /** The lines of its hooks; empty unless they were asked for. */
  readonly hooks: string
}

/** As `fastify.printRoutes()` prints the constraints of a route behind its methods. Empty: it has none. */
export function printConstraints(constraints: Readonly<Record<string, unknown>> = {}): string {
  if (Object.keys(constraints).length === 0) return ''
  return ` ${JSON.stringify(constraints, (_name, value) => (value instanceof RegExp ? String(value) : value))}`
}

const NODE = /^((?:│ {3}| {4})*)[├└]── (.*)$/
const ROUTES = /^(.*) \(([A-Z-]+(?:, [A-Z-]+)*)\)( \{.*\})?$/
const NO_SEGMENT = '(empty root node)'
const INDENT = 4

/** Reads the text of `fastify.printRoutes()`, which is the only way to routes that were made before the plugin. */
export function readRouteTree(text: string): readonly PrintedRoute[] {
  const routes: PrintedRoute[] = []
  const segments: string[] = []
  let label: string | null = null
  let hooks: string[] = []

  function endRoute(): void {
    const [, , methods, constraints = ''] = (label === null ? null : ROUTES.exec(label)) ?? []
    const url = segments.join('')
    // Two names of a parameter at one place are one segment, `:id|:name`: it changes when the second route is made.
    const place = segments.map((segment) => (segment.startsWith(':') ? ':' : segment)).join('')
    for (const method of methods?.split(', ') ?? []) {
      routes.push({ method, url, constraints, key: `${method} ${place}${constraints}`, hooks: hooks.join('\n') })
    }
    label = null
    hooks = []
  }

  for (const line of text.split('\n')) {
    const [, indent, node] = NODE.exec(line) ?? []
    if (indent !== undefined && node !== undefined) {
      endRoute()
      segments.length = indent.length / INDENT
      const segment = ROUTES.exec(node)?.[1] ?? node
      segments.push(segment === NO_SEGMENT ? '' : segment)
      label = node
      continue
    }
    const rest = line.slice(segments.length * INDENT)
    if (rest.startsWith('• ')) hooks.push(rest)
    else if (rest !== '') {
      // Another route at the same place: other methods, constraints or hooks.
      endRoute()
      label = rest
    }
  }
  endRoute()
  return routes
}
