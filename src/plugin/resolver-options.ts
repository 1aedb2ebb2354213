import type { FastifyRequest } from 'fastify'
import { type Logger, silentLogger } from '../core/logger.js'
import { type ClerkAuthOptions, HINTS, OPTIONS } from '../core/options/instance-options.js'
import { callback, required } from '../core/options/readers.js'
import { type OptionTable, readOptions, type SettingsOf } from '../core/options/table.js'

/** The answer of a resolver: options of the instance that the request belongs to. */
export type InstanceOptions = Omit<ClerkAuthOptions, 'maxInstances' | 'defaultDeny' | 'earlyRoutes' | 'logger'>

/** Says which instance a request belongs to, for servers with several. Called for every request that is authenticated. */
export type InstanceResolver = (request: FastifyRequest) => InstanceOptions | PromiseLike<InstanceOptions>

/** Options of the plugin for a server with several instances. */
export interface ResolverOptions
  extends Pick<ClerkAuthOptions, 'maxInstances' | 'defaultDeny' | 'earlyRoutes' | 'logger'> {
  /**
   * Gives the options of the request's instance. Instances are built once and kept by the identity of their keys, at
   * most `maxInstances` of them. A resolver that throws, or whose options are not valid, makes the request fail with
   * `FST_CLERK_RESOLVER` (500): it is never answered with another instance's keys.
   */
  readonly resolver: InstanceResolver
}

const { maxInstances, defaultDeny, earlyRoutes, logger } = OPTIONS
const RESOLVER_OPTIONS = {
  resolver: required(callback<InstanceResolver>({ default: null }), 'a function'),
  maxInstances,
  defaultDeny,
  earlyRoutes,
  logger
} satisfies OptionTable<ResolverOptions>

export interface ResolverSettings extends Omit<SettingsOf<typeof RESOLVER_OPTIONS>, 'logger'> {
  readonly logger: Logger
}

// An option of an instance beside the resolver would apply to no instance.
const RESOLVER_HINTS = Object.freeze({
  ...HINTS,
  ...Object.fromEntries(
    Object.keys(OPTIONS).map((name) => [
      name,
      'with a resolver, the options of an instance are what the resolver returns'
    ])
  )
})

/** Checks the options that stand beside `resolver`. Reads no environment: that describes one instance only. */
export function readResolverOptions(options: ResolverOptions, fallback: Logger = silentLogger): ResolverSettings {
  const settings = readOptions(RESOLVER_OPTIONS, options, { hints: RESOLVER_HINTS })
  return Object.freeze({ ...settings, logger: settings.logger ?? fallback })
}
