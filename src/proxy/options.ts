import { OptionValueError } from '../core/errors.js'
import { checkText } from '../core/options/checks.js'
import type { Given } from '../core/options/given.js'
import { readPublishableKey, readSecretKey } from '../core/options/keys.js'
import { wholeNumber } from '../core/options/readers.js'
import { type OptionTable, option } from '../core/options/table.js'
import { readBaseUrl } from '../core/options/urls.js'

export interface FrontendApiProxyOptions {
  /**
   * Path of the proxy: one or more segments of letters, digits and `-._~`. Default `/__clerk`. A prefix of `register` comes
   * before it.
   */
  readonly path?: string | undefined
  /**
   * Default: that of the plugin; without the plugin, the environment: `CLERK_PUBLISHABLE_KEY`. Says which of Clerk's
   * environments the requests go to.
   */
  readonly publishableKey?: string | null | undefined
  /**
   * Default: that of the plugin; without the plugin, the environment: `CLERK_SECRET_KEY`. Security: sent with each request, to the
   * Frontend API and to no other host.
   */
  readonly secretKey?: string | null | undefined
  /**
   * Base URL of the Frontend API, for tests: that of a local Clerk. Default: Clerk's, by the publishable key. Environment:
   * `CLERK_FAPI_URL`. Security: the secret key is sent there.
   */
  readonly fapiUrl?: string | null | undefined
  /**
   * How long a request may take, from its first byte to the last one of its answer, in milliseconds. Default 30000, 100 to
   * 600000.
   */
  readonly timeoutInMs?: number | undefined
  /** Largest body of a request, in bytes. Default 16777216, 1 to 1073741824: a profile image may have 10 MB. */
  readonly bodyLimit?: number | undefined
  /** Largest body of an answer as it is sent, in bytes. Default 16777216, 1 to 1073741824. */
  readonly responseLimit?: number | undefined
  /** Most requests under way at a time; others get 503. Default 256, 1 to 65536. */
  readonly maxConcurrency?: number | undefined
}

export const PROXY = {
  path: option<string, string>(readProxyPath),
  publishableKey: option<string | null, string | null>(readPublishableKey, { variable: 'CLERK_PUBLISHABLE_KEY' }),
  secretKey: option<string | null, string | null>(readSecretKey, { variable: 'CLERK_SECRET_KEY', isSecret: true }),
  fapiUrl: option<string | null, string | null>(readBaseUrl, { variable: 'CLERK_FAPI_URL' }),
  timeoutInMs: wholeNumber({ min: 100, max: 600_000, default: 30_000 }),
  bodyLimit: wholeNumber({ min: 1, max: 1_073_741_824, default: 16_777_216 }),
  responseLimit: wholeNumber({ min: 1, max: 1_073_741_824, default: 16_777_216 }),
  maxConcurrency: wholeNumber({ min: 1, max: 65_536, default: 256 })
} satisfies OptionTable<FrontendApiProxyOptions>

/** Segments that no router takes for a pattern and no URL parser resolves. */
const PLAIN_PATH = /^(\/[\w~-][\w.~-]*)+$/

/** Without trailing slashes. */
function readProxyPath(given: Given): string {
  const path = checkText(given, 'a path')?.replace(/(?<=[^/])\/+$/, '') ?? '/__clerk'
  if (!isPlainPath(path)) {
    throw new OptionValueError(given.name, 'a path of letters, digits and -._~, such as /__clerk')
  }
  return path
}

export function isPlainPath(path: string): boolean {
  return PLAIN_PATH.test(path)
}
