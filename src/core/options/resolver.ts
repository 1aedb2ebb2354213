import { OptionTypeError } from '../errors.js'
import { type Logger, silentLogger } from '../logger.js'
import { checkBoolean, checkInteger, checkLogger } from './checks.js'
import { assertMembers, describeType, member } from './given.js'
import { HINTS, OPTIONS } from './names.js'

/** Options of a server with several instances, after validation. */
export interface ResolvedResolverOptions<Resolver> {
  readonly resolver: Resolver
  readonly maxInstances: number
  readonly defaultDeny: boolean
  readonly logger: Logger
}

const NAMES = ['resolver', 'maxInstances', 'defaultDeny', 'logger'] as const
// What belongs to an instance is the resolver's answer; given next to it, it would silently apply to none.
const RESOLVER_HINTS: Readonly<Record<string, string>> = Object.freeze({
  ...HINTS,
  ...Object.fromEntries(
    OPTIONS.map((name) => [name, 'with a resolver, the options of an instance are what the resolver returns'])
  )
})

/** Checks the options that stand beside `resolver`. Throws as `resolveOptions` does; reads no environment. */
export function resolveResolverOptions<Resolver extends (...args: never) => unknown>(
  input: { readonly resolver: Resolver },
  { logger = silentLogger }: { readonly logger?: Logger }
): ResolvedResolverOptions<Resolver> {
  const options = assertMembers({ name: '', value: input }, NAMES, RESOLVER_HINTS)
  const { resolver } = input
  if (typeof resolver !== 'function') throw new OptionTypeError('resolver', 'a function', describeType(resolver))
  return Object.freeze({
    resolver,
    maxInstances: checkInteger(member(options, 'maxInstances'), MAX_INSTANCES),
    defaultDeny: checkBoolean(member(options, 'defaultDeny'), false),
    logger: checkLogger(member(options, 'logger'), logger)
  })
}

export const MAX_INSTANCES = Object.freeze({ min: 1, max: 10_000, fallback: 100 })
