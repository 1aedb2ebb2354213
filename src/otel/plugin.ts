import type { FastifyInstance } from 'fastify'
import fastifyPlugin from 'fastify-plugin'
import { OtelPluginError } from '../core/errors.js'
import { readOptions } from '../core/options/table.js'
import { FASTIFY_RANGE } from '../plugin/fastify-range.js'
import { REGISTER_OPTIONS } from '../plugin/register-options.js'
import { importOpenTelemetry } from './api.js'
import { concealWith, createIdentifyHook } from './identified-spans.js'
import { instrumentClerk } from './instrument.js'
import { OTEL, type OtelOptions } from './options.js'

async function plugin(fastify: FastifyInstance, options: OtelOptions): Promise<void> {
  const settings = readOptions(OTEL, options, { path: 'otel', alsoKnown: REGISTER_OPTIONS })
  if (!fastify.hasDecorator('clerk')) throw new OtelPluginError()
  const { slowInMs, identify, hashKey } = settings
  const clerk = fastify.clerk.instanceOf()
  const instance = clerk.settings.frontendApi
  const meterProvider = settings.meterProvider ?? undefined
  const stop = await instrumentClerk(clerk, { slowInMs, meterProvider, instance })
  fastify.addHook('onClose', async () => stop())
  if (identify === false) return
  const conceal = identify === 'hash' ? concealWith(hashKey ?? instance ?? '') : null
  fastify.addHook('onRequest', createIdentifyHook(await importOpenTelemetry(), conceal))
}

/**
 * OpenTelemetry for the plugin, through `@opentelemetry/api` (an optional peer): metrics, events on the spans of requests, and,
 * if asked for, who it was. Register it after fastify-clerk-auth and before routes; throws `FST_CLERK_OTEL_PLUGIN` otherwise,
 * `FST_CLERK_OTEL_PEER` without the peer, and the coded error of a bad option. With a resolver of instances, use
 * `instrumentClerk` for each of them. It ends when the server closes.
 */
export const otel = fastifyPlugin<OtelOptions>(plugin, { fastify: FASTIFY_RANGE, name: 'fastify-clerk-auth/otel' })
