import type { RouteOptions } from 'fastify'
import { type AcceptsToken, acceptsSessions } from '../core/options/accepts-token.js'
import type { CrossOrigin } from '../core/options/instance-options.js'
import type { EarlyRoute } from './early-routes.js'
import type { GuardRequirement } from './guards/types.js'
import type { RoutePolicy } from './route-policy.js'

/** A route and what it asks of a request. */
export interface RouteTableEntry {
  readonly method: string
  readonly url: string
  /**
   * What else a request has to have for this route, such as a host or a version, as the route was written. Null: nothing, or it
   * is not known, for routes that were made before the plugin, on a server that was made before this package was imported.
   */
  readonly constraints: Readonly<Record<string, unknown>> | null
  /**
   * `off`: not authenticated; `public`: `config.clerk.public` says so; `required`: guarded by `defaultDeny`, or by a
   * guard among the hooks of the route or of its scope; `open`: without a guard, so that its handler answers everybody.
   * A guard inside another function, as of `@fastify/auth`, is not seen. Routes that were made before the plugin are in
   * the list once the server is ready; if the server was made before this package was imported, without `config.clerk`.
   */
  readonly policy: 'off' | 'public' | 'open' | 'required'
  readonly acceptsToken: AcceptsToken
  /**
   * Accepted audiences of OAuth and M2M tokens, and whether such a token has to name one (null: by its type). Behind a
   * resolver, those of the route alone.
   */
  readonly audience: readonly string[]
  readonly requireAudience: boolean | null
  /** What becomes of requests signed in by cookie that pages of other origins cause. */
  readonly crossOrigin: CrossOrigin
  /**
   * What the guards among the hooks of the route and of its scope ask, in the order in which they run, that of
   * `defaultDeny` included. All of them must let a request pass. Empty for routes that were made before the plugin, on a server that was made
   * before this package was imported.
   */
  readonly guards: readonly GuardRequirement[]
}

/** What the application has written for a route. */
export interface WrittenRoute {
  readonly constraints: RouteTableEntry['constraints']
  readonly policy: RoutePolicy
  readonly guards: readonly GuardRequirement[]
}

export interface RouteTable {
  readonly entries: readonly RouteTableEntry[]
  /** `guards` is asked when the table is read: hooks may be added after the route. */
  add(route: MadeOptions, policy: RoutePolicy, guards: () => readonly GuardRequirement[]): void
  /** Routes that were made before the plugin; they come first. */
  addEarly(routes: readonly EarlyRoute[], read: (route: EarlyRoute) => WrittenRoute): void
  print(): string
}

/** The options of a route as Fastify completes them. */
export type MadeOptions = Pick<RouteOptions, 'method' | 'url' | 'constraints' | 'prefixTrailingSlash'> & {
  readonly prefix?: string
  readonly routePath?: string
}

/**
 * The URLs of a route, once it is made: that for `/` below a prefix serves the prefix as well, of which Fastify tells `onRoute`
 * hooks alone, before it writes the other URL into the same options.
 */
export function urlsOf({ method, url, prefix = '', routePath, prefixTrailingSlash }: MadeOptions): readonly string[] {
  const isBoth = routePath === '/' && prefix !== '' && prefixTrailingSlash !== 'slash' && method !== 'HEAD'
  return isBoth ? [prefix, url] : [url]
}

export function createRouteTable(): RouteTable {
  const early: RouteTableEntry[] = []
  const readers: (() => readonly RouteTableEntry[])[] = []

  function entries(): readonly RouteTableEntry[] {
    return Object.freeze([...early, ...readers.flatMap((read) => read())])
  }

  return {
    get entries() {
      return entries()
    },
    add(route, policy, guards) {
      const method = String(route.method)
      readers.push(() => {
        const required = guards()
        const written = { policy, guards: required, constraints: route.constraints ?? null }
        return urlsOf(route).map((url) => entryOf({ method, url }, written, required.length > 0))
      })
    },
    addEarly(routes, read) {
      for (const route of routes) early.push(entryOf(route, read(route), route.isGuarded))
    },
    print() {
      const rows = entries().map((entry) => [entry.policy, entry.method, entry.url, ...tokensOf(entry)])
      const widths = [0, 1, 2, 3].map((column) => Math.max(0, ...rows.map((row) => row[column]?.length ?? 0)))
      return rows
        .map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '))
        .map((line) => line.trimEnd())
        .join('\n')
    }
  }
}

/** The columns that tell about tokens: accepted types, and what is asked of them beyond that. */
function tokensOf({
  policy,
  acceptsToken,
  audience,
  requireAudience,
  crossOrigin,
  guards
}: RouteTableEntry): readonly string[] {
  if (policy === 'off') return []
  const asked: readonly (readonly [string, readonly unknown[]])[] = [
    ['scopes', [...new Set(guards.flatMap((guard) => guard.scopes))]],
    ['audience', namesAudience(acceptsToken) ? audience : []],
    ['requireAudience', namesAudience(acceptsToken) && requireAudience !== null ? [requireAudience] : []],
    // The default is left out.
    ['crossOrigin', acceptsSessions(acceptsToken) && crossOrigin !== 'report' ? [crossOrigin] : []]
  ]
  const hidden = guards.some(({ isHidden }) => isHidden) ? ['as=not-found'] : []
  const shown = asked.filter(([, values]) => values.length > 0).map(([name, values]) => `${name}=${values.join(',')}`)
  return [String(acceptsToken), [...shown, ...hidden].join(' ')]
}

/** Whether tokens that may name an audience are accepted. */
function namesAudience(acceptsToken: AcceptsToken): boolean {
  return [acceptsToken].flat().some((type) => type === 'any' || type === 'm2m_token' || type === 'oauth_token')
}

function entryOf(
  { method, url }: { readonly method: string; readonly url: string },
  { policy, guards, constraints }: WrittenRoute,
  isRequired: boolean
): RouteTableEntry {
  const { acceptsToken, audience } = policy
  return Object.freeze({
    method,
    url,
    constraints,
    policy: wordFor(policy, isRequired),
    acceptsToken,
    audience: audience.values,
    requireAudience: audience.isRequired,
    crossOrigin: policy.crossOrigin,
    guards: Object.freeze(guards)
  })
}

function wordFor({ isEvaluated, isPublic }: RoutePolicy, isRequired: boolean): RouteTableEntry['policy'] {
  if (isRequired) return 'required'
  if (!isEvaluated) return 'off'
  return isPublic ? 'public' : 'open'
}
