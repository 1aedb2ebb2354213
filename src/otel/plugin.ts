import type { FastifyInstance, FastifyRequest } from 'fastify'
import fastifyPlugin from 'fastify-plugin'
import { OtelPluginError } from '../core/errors.js'
import { readOptions } from '../core/options/table.js'
import type { ClerkDecorator } from '../plugin/clerk-decorator.js'
import { FASTIFY_RANGE } from '../plugin/fastify-range.js'
import { REGISTER_OPTIONS } from '../plugin/register-options.js'
import { importOpenTelemetry } from './api.js'
import type { IsOurs } from './event-counts.js'
import { concealWith, createIdentifyHook } from './identified-spans.js'
import { instrument } from './instrument.js'
import { OTEL, type OtelOptions } from './options.js'

async function plugin(fastify: FastifyInstance, options: OtelOptions): Promise<void> {
  const settings = readOptions(OTEL, options, { path: 'otel', alsoKnown: REGISTER_OPTIONS })
  if (!fastify.hasDecorator('clerk')) throw new OtelPluginError()
  const { slowInMs, identify, hashKey } = settings
  const { clerk } = fastify
  const list = () => clerk.instances().map((source) => ({ source, instance: source.settings.frontendApi }))
  const stop = await instrument({ list, isOurs: ofInstances(clerk), slowInMs }, settings.meterProvider)
  fastify.addHook('onClose', async () => stop())
  if (identify === false) return
  const keyOf = (request: FastifyRequest) => hashKey ?? clerk.instanceOf(request).settings.frontendApi ?? ''
  const concealFor = identify === 'hash' ? (request: FastifyRequest) => concealWith(keyOf(request)) : null
  fastify.addHook('onRequest', createIdentifyHook(await importOpenTelemetry(), concealFor))
}

/** Knows the events of the plugin's instances. The list is made anew when a host comes that is not on it. */
function ofInstances(clerk: ClerkDecorator): IsOurs {
  let hosts = new Set<string | null>()
  return ({ instance }) => {
    if (!hosts.has(instance)) hosts = new Set(clerk.instances().map(({ settings }) => settings.frontendApi))
    return hosts.has(instance)
  }
}

/**
 * OpenTelemetry for the plugin, through `@opentelemetry/api` (an optional peer): metrics, events on the spans of requests, and,
 * if asked for, who it was. Register it after fastify-clerk-auth and before routes; throws `FST_CLERK_OTEL_PLUGIN` otherwise,
 * `FST_CLERK_OTEL_PEER` without the peer, and the coded error of a bad option. With a resolver it measures every instance in
 * use, each with its own `clerk.instance`. It ends when the server closes.
 */
export const otel = fastifyPlugin<OtelOptions>(plugin, { fastify: FASTIFY_RANGE, name: 'fastify-clerk-auth/otel' })
