import { RouteOptionsError } from '../core/errors.js'
import { isRecord } from '../core/json.js'
import { jsonString } from './json-text.js'
import type { AuditRouteOptions, AuditWhen } from './types.js'

// RFC 9110 section 9.2.1, and QUERY, which is defined as safe.
const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'QUERY'])
const WHENS: readonly string[] = ['always', 'default', 'refused', 'never'] satisfies AuditWhen[]
const NAMES = ['when', 'action', 'targetParam']

/** Which requests of a route are recorded, decided when the route is added. */
export interface RouteRule {
  readonly isAudited: boolean
  /** By method: whether each request is recorded, whatever its answer. */
  readonly isCertain: Readonly<Record<string, boolean>>
  /** Whether impersonated requests are recorded even if no other condition holds. */
  readonly includesImpersonated: boolean
  /** By method: `"method":…,"route":…` of its records. */
  readonly head: Readonly<Record<string, Uint8Array>>
  /** The route's action as JSON. */
  readonly action: string
  readonly targetParam: string | null
}

/** Reads `config.clerk.audit`. Throws for any other value, so that a typing slip does not switch the log off. */
export function createRouteRule(methods: readonly string[], pattern: string | null, option: unknown): RouteRule {
  const options = readRouteOptions(option)
  const when = options.when ?? 'default'
  const isCertain: Record<string, boolean> = {}
  const head: Record<string, Uint8Array> = {}
  for (const method of methods) {
    isCertain[method] = when === 'always' || (when === 'default' && !SAFE_METHODS.has(method))
    head[method] = Buffer.from(
      `"method":${jsonString(method)},"route":${pattern === null ? 'null' : jsonString(pattern)}`
    )
  }
  return {
    isAudited: when !== 'never',
    isCertain,
    includesImpersonated: when === 'default' || when === 'always',
    head,
    action: options.action === undefined ? 'null' : jsonString(options.action),
    targetParam: options.targetParam ?? null
  }
}

function readRouteOptions(option: unknown): AuditRouteOptions {
  if (option === undefined) return {}
  if (option === true) return { when: 'always' }
  if (option === false) return { when: 'never' }
  if (!isRecord(option)) {
    throw new RouteOptionsError('audit', 'true, false or { when, action, targetParam }')
  }
  const { when, action, targetParam } = option
  for (const name of Object.keys(option)) {
    if (!NAMES.includes(name))
      throw new RouteOptionsError('audit', `an object with ${NAMES.join(', ')} and nothing else`)
  }
  if (when !== undefined && !WHENS.includes(when as string)) {
    throw new RouteOptionsError('audit.when', WHENS.map((one) => `"${one}"`).join(' or '))
  }
  if (action !== undefined && typeof action !== 'string') throw new RouteOptionsError('audit.action', 'a string')
  if (targetParam !== undefined && typeof targetParam !== 'string') {
    throw new RouteOptionsError('audit.targetParam', 'the name of a route parameter')
  }
  return option as AuditRouteOptions
}
