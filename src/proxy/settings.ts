import type { FastifyInstance } from 'fastify'
import { OptionValueError, ProxyKeysError, ProxyUrlError } from '../core/errors.js'
import type { Instance } from '../core/instance.js'
import { assertSameInstanceType, instanceTypeOfSecretKey } from '../core/options/keys.js'
import { readOptions, type SettingsOf } from '../core/options/table.js'
import { isCleartextUrl } from '../core/options/urls.js'
import { parsePublishableKey, proxiedFrontendApiUrl } from '../core/publishable-key.js'
import { warnOfRisk } from '../core/risk-warning.js'
import { REGISTER_OPTIONS } from '../plugin/register-options.js'
import { type FrontendApiProxyOptions, isPlainPath, PROXY } from './options.js'

export interface ProxySettings extends Omit<SettingsOf<typeof PROXY>, 'fapiUrl'> {
  readonly publishableKey: string
  readonly secretKey: string
  readonly fapiUrl: URL
  /** With the prefix of the scope. */
  readonly fullPath: string
}

/** Throws a coded error for options that do not fit, and where there are not both keys. */
export function readSettings(fastify: FastifyInstance, options: FrontendApiProxyOptions): ProxySettings {
  const env = environmentOf(instanceOf(fastify))
  const settings = readOptions(PROXY, options, { path: 'frontendApiProxy', env, alsoKnown: REGISTER_OPTIONS })
  const { path, publishableKey, secretKey, fapiUrl } = settings
  const key = publishableKey === null ? null : parsePublishableKey(publishableKey)
  if (publishableKey === null || key === null || secretKey === null) throw new ProxyKeysError()
  assertSameInstanceType(
    { name: 'frontendApiProxy.publishableKey', instanceType: key.instanceType },
    { name: 'frontendApiProxy.secretKey', instanceType: instanceTypeOfSecretKey(secretKey) }
  )
  if (fapiUrl !== null && isCleartextUrl(fapiUrl)) {
    warnOfRisk(fastify.log, 'fapiUrl', 'proxy-cleartext')
  }
  const fullPath = `${fastify.prefix}${path}`
  if (!isPlainPath(fullPath)) {
    throw new OptionValueError('prefix around frontendApiProxy', 'a path without parameters')
  }
  return {
    ...settings,
    publishableKey,
    secretKey,
    fapiUrl: new URL(fapiUrl ?? proxiedFrontendApiUrl(key.frontendApi)),
    fullPath
  }
}

/** The keys of the plugin take the place of those in the environment, so that both serve one instance. */
function environmentOf(instance: Instance | null): Readonly<Record<string, string | undefined>> {
  if (instance === null) return process.env
  const { publishableKey, secretKey } = instance.settings
  return {
    CLERK_FAPI_URL: process.env.CLERK_FAPI_URL,
    CLERK_PUBLISHABLE_KEY: publishableKey ?? undefined,
    CLERK_SECRET_KEY: secretKey ?? undefined
  }
}

/** The instance of the plugin in this scope; null without the plugin, and with a resolver. */
function instanceOf(fastify: FastifyInstance): Instance | null {
  if (!fastify.hasDecorator('clerk')) return null
  try {
    return fastify.clerk.instanceOf()
  } catch {
    return null
  }
}

/**
 * Makes the path of the proxy the plugin's `proxyUrl`, where that is not given and the instance is the same. Returns an absolute
 * `proxyUrl` of the plugin, which says where browsers reach the proxy; else null. Throws `FST_CLERK_PROXY_URL` when
 * the plugin would send browsers to another path of this server.
 */
export function followProxy(fastify: FastifyInstance, { publishableKey, fullPath }: ProxySettings): string | null {
  const instance = instanceOf(fastify)
  if (instance === null || instance.settings.publishableKey !== publishableKey) return null
  const { proxyUrl } = instance
  if (proxyUrl === '') instance.followProxy(fullPath)
  else if (!proxyUrl.startsWith('/')) return proxyUrl
  else if (proxyUrl.replace(/\/+$/, '') !== fullPath) throw new ProxyUrlError()
  return null
}
